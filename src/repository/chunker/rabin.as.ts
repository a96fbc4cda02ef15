// Rabin fingerprint over the last 64 bytes, as restic's chunker computes it. AssemblyScript: this file is
// compiled to rabin.wasm by scripts/build-wasm.ts and is not part of the TypeScript program.
//
// The fingerprint is linear, so the byte that leaves the window is taken out after the shift, with a table that
// is multiplied by x^8 already: its load is then not part of the dependent chain. Four stretches of one buffer
// are hashed in one loop, because a single chain is bound by latency and not by throughput.

const WINDOW: u32 = 64;
/** restic's polynomials are all of this degree; a constant shift is worth a tenth of the time. */
const DEGREE: u64 = 53;
const SHIFT: u64 = DEGREE - 8;

// Both tables lie in the first page, below the buffer. Their addresses are constants so that they go into the
// load instructions themselves.
/** reduce[b] = (b << degree) mod P | b << degree: clears the bits above the degree. */
const REDUCE: usize = 4096;
/** leave[b] = b * x^512 mod P: what a byte has become when it leaves the window. */
const LEAVE: usize = 8192;

let splitMask: u32 = 0;

/** Fills the tables for `polynomial`; `mask` has the bits that are zero at a cut. */
export function init(polynomial: u64, mask: u32): void {
  splitMask = mask;
  for (let b: u32 = 0; b < 256; b++) {
    const high = <u64>b << DEGREE;
    store<u64>(b << 3, modulo(high, polynomial) | high, REDUCE);
  }
  for (let b: u32 = 0; b < 256; b++) {
    let digest: u64 = append(0, <u64>b);
    for (let i: u32 = 0; i < WINDOW; i++) digest = append(digest, 0);
    store<u64>(b << 3, digest, LEAVE);
  }
}

function modulo(value: u64, polynomial: u64): u64 {
  let rest = value;
  for (let over: i32 = 63 - <i32>DEGREE; over >= 0; over--) {
    if ((rest >> (<u64>over + DEGREE)) & 1) rest ^= polynomial << <u64>over;
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
  const end = from - WINDOW + laneBytes;
  for (let leaving = from - WINDOW; leaving < end; leaving++) {
    digest0 = roll(digest0, leaving);
    digest1 = roll(digest1, leaving + laneBytes);
    digest2 = roll(digest2, leaving + lane2);
    digest3 = roll(digest3, leaving + lane3);
    if (!(<u32>digest0 & mask)) return leaving + WINDOW + 1;
    if (!(<u32>digest1 & mask) && !found1) found1 = leaving + laneBytes + WINDOW + 1;
    if (!(<u32>digest2 & mask) && !found2) found2 = leaving + lane2 + WINDOW + 1;
    if (!(<u32>digest3 & mask) && !found3) found3 = leaving + lane3 + WINDOW + 1;
  }
  return found1 ? found1 : found2 ? found2 : found3;
}

function scanTail(from: u32, to: u32): u32 {
  if (from >= to) return 0;
  let digest = warm(from);
  for (let leaving = from - WINDOW; leaving < to - WINDOW; leaving++) {
    digest = roll(digest, leaving);
    if (!(<u32>digest & splitMask)) return leaving + WINDOW + 1;
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
  return ((digest << 8) | byte) ^ load<u64>(<u32>(digest >> SHIFT) << 3, REDUCE);
}

/** Moves the window by one: the byte at `leaving` goes, the one 64 later comes. */
// @ts-ignore: decorator
@inline
function roll(digest: u64, leaving: u32): u64 {
  const coming = <u64>load<u8>(leaving, 64);
  return append(digest, coming) ^ load<u64>(<u32>load<u8>(leaving) << 3, LEAVE);
}
