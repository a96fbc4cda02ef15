/**
 * CRC-32C (Castagnoli) as PostgreSQL computes it over records of the log and over its control file: reflected, begun
 * and ended with all bits set. Eight bytes a step through eight tables.
 */
const polynomial = 0x82f63b78;
const entries = 256;
const tableCount = 8;
/** Below it, setting up the wide loop costs more than it saves. */
const wideBytesMin = 16;
const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** All tables in one array: the entry for byte `b` that lies `n` bytes before the end of a step is at `n * 256 + b`. */
const table = makeTable();

/** What an empty run gives, to be continued by `continueCrc32c`. */
export const crc32cStart = -1;

/** Bytes, and the words of the memory they lie in; made once and read many times. */
export interface CrcBytes {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

export function crcBytes(bytes: Uint8Array): CrcBytes {
  return { bytes, words: new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >>> 2) };
}

/** The unsigned CRC of all the bytes. */
export function crc32c(bytes: Uint8Array): number {
  return endCrc32c(continueCrc32c(crc32cStart, crcBytes(bytes), 0, bytes.length));
}

export function endCrc32c(crc: number): number {
  return ~crc >>> 0;
}

/** Takes in the bytes from `from` up to `to`. */
export function continueCrc32c(crc: number, input: CrcBytes, from: number, to: number): number {
  const { bytes, words } = input;
  if (to - from < wideBytesMin || !isLittleEndian) return byBytes(crc, bytes, from, to);
  const aligned = from + (-(bytes.byteOffset + from) & 3);
  const pairs = (to - aligned) >>> 3;
  const state = byPairs(byBytes(crc, bytes, from, aligned), words, (bytes.byteOffset + aligned) >>> 2, pairs);
  return byBytes(state, bytes, aligned + pairs * 8, to);
}

function byBytes(crc: number, bytes: Uint8Array, from: number, to: number): number {
  let state = crc;
  for (let at = from; at < to; at++) state = at8(0, state ^ (bytes[at] ?? 0)) ^ (state >>> 8);
  return state;
}

function byPairs(crc: number, words: Int32Array, from: number, pairs: number): number {
  let state = crc;
  for (let at = from, end = from + pairs * 2; at < end; at += 2) {
    const low = (words[at] ?? 0) ^ state;
    const high = words[at + 1] ?? 0;
    state =
      at8(7, low) ^
      at8(6, low >>> 8) ^
      at8(5, low >>> 16) ^
      at8(4, low >>> 24) ^
      at8(3, high) ^
      at8(2, high >>> 8) ^
      at8(1, high >>> 16) ^
      at8(0, high >>> 24);
  }
  return state;
}

function at8(row: number, value: number): number {
  return table[row * entries + (value & 0xff)] ?? 0;
}

function makeTable(): Int32Array {
  const made = new Int32Array(entries * tableCount);
  for (let byte = 0; byte < entries; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    made[byte] = value;
  }
  for (let at = entries; at < made.length; at++) {
    const before = made[at - entries] ?? 0;
    made[at] = (before >>> 8) ^ (made[before & 0xff] ?? 0);
  }
  return made;
}
