// Rabin fingerprint over the last 64 bytes, as restic's chunker computes it. AssemblyScript: this file is
// compiled to rabin.wasm by scripts/build-wasm.ts and is not part of the TypeScript program.
//
// The fingerprint is linear, so the byte that leaves the window is taken out after the shift, with a table that
// is multiplied by x^8 already: its load is then not part of the dependent chain. Four stretches of one buffer
// are hashed in one loop, because a single chain is bound by latency and not by throughput.

const WINDOW: u32 = 64;
const TABLE_BYTES: u32 = 256 * 8;
/** reduce[b] = (b << degree) mod P | b << degree: clears the bits above the degree. */
const reduceTable: usize = memory.data(TABLE_BYTES, 64);
/** leave[b] = b * x^512 mod P: what a byte has become when it leaves the window. */
const leaveTable: usize = memory.data(TABLE_BYTES, 64);

let shift: u64 = 0;
let splitMask: u32 = 0;

/** Fills the tables. `polynomial` is of degree `degree` (8..55), `mask` the bits that are zero at a cut. */
export function init(polynomial: u64, degree: u32, mask: u32): void {
  shift = <u64>degree - 8;
  splitMask = mask;
  for (let b: u32 = 0; b < 256; b++) {
    const high = <u64>b << <u64>degree;
    store<u64>(reduceTable + (b << 3), modulo(high, polynomial, degree) | high);
  }
  for (let b: u32 = 0; b < 256; b++) {
    let digest: u64 = append(0, <u64>b);
    for (let i: u32 = 0; i < WINDOW; i++) digest = append(digest, 0);
    store<u64>(leaveTable + (b << 3), digest);
  }
}

function modulo(value: u64, polynomial: u64, degree: u32): u64 {
  let rest = value;
  for (let bit: i32 = 63; bit >= <i32>degree; bit--) {
    if ((rest >> <u64>bit) & 1) rest ^= polynomial << <u64>(bit - <i32>degree);
  }
  return rest;
}

/**
 * The first address in [from, to) after whose byte the fingerprint's low bits are zero, plus one; 0 when there is
 * none. The 64 bytes before `from` must be there.
 */
export function scan(from: u32, to: u32): u32 {
  const laneBytes = (to - from) >> 2;
  const found = laneBytes > WINDOW ? scanLanes(from, laneBytes) : 0;
  if (found) return found;
  return scanTail(laneBytes > WINDOW ? from + (laneBytes << 2) : from, to);
}

function scanLanes(from: u32, laneBytes: u32): u32 {
  const mask = splitMask;
  const lane2 = laneBytes << 1;
  const lane3 = lane2 + laneBytes;
  let digest0 = warm(from);
  let digest1 = warm(from + laneBytes);
  let digest2 = warm(from + lane2);
  let digest3 = warm(from + lane3);
  let found1: u32 = 0;
  let found2: u32 = 0;
  let found3: u32 = 0;
  const end = from + laneBytes;
  for (let at = from; at < end; at++) {
    digest0 = roll(digest0, at);
    digest1 = roll(digest1, at + laneBytes);
    digest2 = roll(digest2, at + lane2);
    digest3 = roll(digest3, at + lane3);
    if (!(<u32>digest0 & mask)) return at + 1;
    if (!(<u32>digest1 & mask) && !found1) found1 = at + laneBytes + 1;
    if (!(<u32>digest2 & mask) && !found2) found2 = at + lane2 + 1;
    if (!(<u32>digest3 & mask) && !found3) found3 = at + lane3 + 1;
  }
  return found1 ? found1 : found2 ? found2 : found3;
}

function scanTail(from: u32, to: u32): u32 {
  if (from >= to) return 0;
  let digest = warm(from);
  for (let at = from; at < to; at++) {
    digest = roll(digest, at);
    if (!(<u32>digest & splitMask)) return at + 1;
  }
  return 0;
}

/** Fingerprint of the 64 bytes before `at`. */
function warm(at: u32): u64 {
  let digest: u64 = 0;
  for (let from = at - WINDOW; from < at; from++) digest = append(digest, <u64>load<u8>(from));
  return digest;
}

// @ts-ignore: decorator
@inline
function append(digest: u64, byte: u64): u64 {
  return ((digest << 8) | byte) ^ load<u64>(reduceTable + (<u32>(digest >> shift) << 3));
}

// @ts-ignore: decorator
@inline
function roll(digest: u64, at: u32): u64 {
  return append(digest, <u64>load<u8>(at)) ^ load<u64>(leaveTable + (<u32>load<u8>(at - WINDOW) << 3));
}
