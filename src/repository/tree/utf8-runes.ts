import { isUtf8 } from 'node:buffer';

/**
 * Splits bytes as Go does: each valid character as a string, each other byte as its number. (JavaScript's decoders
 * turn several bad bytes into one replacement character; Go counts every one.)
 */
export function* runes(bytes: Buffer): Generator<string | number> {
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] ?? 0;
    const size = sizeByLead(lead);
    const rune = bytes.subarray(at, at + size);
    const valid = rune.length === size && isUtf8(rune);
    yield valid ? rune.toString('utf8') : lead;
    at += valid ? size : 1;
  }
}

function sizeByLead(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}
