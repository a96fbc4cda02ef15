/** Logs over a memory store, with bytes that are the same for one place on every branch line. */
import type { LogFinding } from '../../src/log-archive/log-access.ts';
import { type LogArchive, type LogSpan, noMarks, pieceBytesMax } from '../../src/log-archive/log-archive.ts';
import { type OpenLog, openLogArchive } from '../../src/log-archive/open-log-archive.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { createSealedObjects } from '../../src/repository/sealed-objects.ts';
import { newMasterKey } from '../../src/seal/key-file.ts';
import type { SeededRandom } from './seeded-random.ts';

const key = newMasterKey();
export const logName = { system: 'orders-db', incarnation: '7310987654321' };
export const branch = '00000001';

export function openLog(store: ObjectStore, tell?: (finding: LogFinding) => void): OpenLog {
  const seal = createSealedObjects({ store, key, version: 2 });
  return openLogArchive({ store, seal, ...logName, nowMs: () => 1_700_000_000_000, ...(tell && { tell }) });
}

/** Some bytes before a multiple of the window, so that a few thousand bytes cross it. */
export const nearWindow = BigInt(3 * pieceBytesMax - 4000);

/** Cuts the bytes at random and at windows. */
export function cutRandomly(
  random: SeededRandom,
  start: bigint,
  bytes: Buffer,
  bytesMax: number,
): { readonly start: bigint; readonly bytes: Buffer }[] {
  const pieces: { readonly start: bigint; readonly bytes: Buffer }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const position = start + BigInt(at);
    const toWindow = pieceBytesMax - Number(position % BigInt(pieceBytesMax));
    const length = Math.min(1 + random.below(bytesMax), toWindow, bytes.length - at);
    pieces.push({ start: position, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  return pieces;
}

/** Appends all, in order. */
export async function append(
  log: LogArchive,
  pieces: readonly { readonly start: bigint; readonly bytes: Buffer }[],
): Promise<void> {
  const [first] = pieces;
  if (first === undefined) return;
  const writer = await log.writer(branch, first.start);
  for (const { start, bytes } of pieces) await writer.store(writer.prepare(start, bytes, noMarks));
}

export async function readAll(log: LogArchive, start: bigint, end: bigint): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of log.read({ branch, start, end })) parts.push(part);
  return Buffer.concat(parts);
}

export async function spansOf(log: LogArchive): Promise<readonly LogSpan[]> {
  const coverages = await log.coverage();
  return coverages.flatMap(({ spans }) => spans);
}
