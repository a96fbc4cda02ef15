/** A number of bytes; made only by this file. */
export type Bytes = number & { readonly __unit: 'bytes' };

const unitBytes: Readonly<Record<string, number>> = {
  b: 1,
  byte: 1,
  bytes: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const textLengthMax = 50;

export type ByteSizeResult =
  | { readonly ok: true; readonly value: Bytes }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads a size in people's words: `2 GiB` (1024-based), `500 MB` (1000-based), `100 bytes`. The unit is
 * required, because `2 G` means different things to different tools. Never throws.
 */
export function parseByteSize(text: string): ByteSizeResult {
  const match = text.length > textLengthMax ? null : /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  if (match === null) return { ok: false, reason: 'not a size' };
  const unit = (match[2] ?? '').toLowerCase();
  if (unit === '') return { ok: false, reason: 'a size needs a unit' };
  const factor = Object.hasOwn(unitBytes, unit) ? unitBytes[unit] : undefined;
  if (factor === undefined) return { ok: false, reason: `"${match[2]}" is not a unit of size` };
  const value = Math.round(Number(match[1]) * factor);
  if (!Number.isSafeInteger(value)) return { ok: false, reason: 'larger than any disk' };
  return { ok: true, value: value as Bytes };
}

/** Writes a size for people, in the largest 1024-based unit that leaves at least one: `2 GiB`, `1.5 KiB`. */
export function formatByteSize(value: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = value < 1 ? 0 : Math.min(names.length - 1, Math.floor(Math.log2(value) / 10));
  const amount = value / 2 ** (10 * step);
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)} ${names[step]}`;
}
