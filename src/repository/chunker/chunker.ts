/**
 * Content-defined chunking as restic does it: a cut is where the Rabin fingerprint of the last 64 bytes has its
 * low 20 bits zero, not before 512 KiB and not after 8 MiB of a chunk.
 * Source: restic/chunker, chunker.go; cuts verified against stock restic.
 */
import { readFileSync } from 'node:fs';
import { assert } from '../../error/assert.ts';
import { chunkerDegree, degree } from './polynomial.ts';

export const chunkBytesMin = 512 * 1024;
export const chunkBytesMax = 8 * 1024 * 1024;
export const chunkSplitBits = 20;

const windowBytes = 64;
/** Room behind a largest chunk, so that the rest is moved to the front only now and then. */
const lookAheadBytes = 4 * 1024 * 1024;
/** A block smaller than the minimum means that what is scanned behind a cut is never scanned again. */
const scanBlockBytesMax = 64 * 1024;
/** The first page holds the tables. */
const bufferOffset = 64 * 1024;
const wasmPageBytes = 64 * 1024;

export interface ChunkLimits {
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly splitBits: number;
}

export const resticLimits: ChunkLimits = {
  minBytes: chunkBytesMin,
  maxBytes: chunkBytesMax,
  splitBits: chunkSplitBits,
};

/** Finds the cuts in one stream after the other. One per thread; it owns a WebAssembly memory. */
export interface Chunker {
  /** The caller reads its input straight into this view; it stays valid for the chunker's life. */
  readonly buffer: Uint8Array;
  /**
   * Length of the chunk that begins at `start` of the buffer, when the bytes [start, end) of the input are there.
   * `undefined` means: give more input (or, with `last`, that nothing is left). The next call has the same `start`
   * (or the place where the bytes were moved to) and more bytes, or begins behind the chunk that was returned.
   */
  nextCut(start: number, end: number, last: boolean): number | undefined;
  /** Moves [start, end) to the front of the buffer and returns the new end. */
  moveToFront(start: number, end: number): number;
  /** Forgets the chunk under way, when a stream is given up before its end. */
  reset(): void;
}

/** The little of WebAssembly's interface that is used: its types come with browsers' only. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
interface WasmModule {
  readonly brand?: 'module';
}
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule) => { readonly exports: Readonly<Record<string, unknown>> };
};

interface RabinExports {
  readonly memory: WasmMemory;
  readonly init: (polynomial: bigint, mask: number) => void;
  readonly scan: (from: number, to: number) => number;
}

/** `limits` differ from restic's in tests only; the minimum must be over 64 bytes. */
export function createChunker(polynomial: bigint, limits: ChunkLimits = resticLimits): Chunker {
  const { minBytes, maxBytes, splitBits } = limits;
  assert(minBytes > windowBytes && maxBytes >= minBytes, 'chunk limits are over the window and in order');
  assert(degree(polynomial) === chunkerDegree, 'the chunker polynomial is of degree 53');
  const rabin = instantiate();
  const buffer = growBuffer(rabin.memory, maxBytes + lookAheadBytes);
  rabin.init(polynomial, 2 ** splitBits - 1);
  const blockBytes = Math.min(scanBlockBytesMax, minBytes);
  /** Bytes of the current chunk known to hold no cut; the minimum counts as known. */
  let passedBytes = minBytes - 1;

  function nextCut(start: number, end: number, last: boolean): number | undefined {
    const limit = Math.min(end - start, maxBytes);
    const cut = limit > minBytes ? scanTo(start, limit, last || limit === maxBytes) : undefined;
    const length = cut ?? lengthWithoutCut(limit, last);
    if (length !== undefined) passedBytes = minBytes - 1;
    return length;
  }

  /** Scans whole blocks, the remainder only when nothing more can come; so no byte is hashed twice. */
  function scanTo(start: number, limit: number, toTheLimit: boolean): number | undefined {
    const base = bufferOffset + start;
    while (passedBytes < limit) {
      const next = Math.min(passedBytes + blockBytes, limit);
      if (next - passedBytes < blockBytes && !toTheLimit) return undefined;
      const found = rabin.scan(base + passedBytes, base + next);
      if (found !== 0) return found - base;
      passedBytes = next;
    }
    return undefined;
  }

  function lengthWithoutCut(limit: number, last: boolean): number | undefined {
    return limit === maxBytes || (last && limit > 0) ? limit : undefined;
  }

  return {
    buffer,
    nextCut,
    moveToFront(start, end) {
      buffer.copyWithin(0, start, end);
      return end - start;
    },
    reset() {
      passedBytes = minBytes - 1;
    },
  };
}

function growBuffer(memory: WasmMemory, bytes: number): Uint8Array {
  const missing = bufferOffset + bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / wasmPageBytes));
  return new Uint8Array(memory.buffer, bufferOffset, bytes);
}

let compiled: WasmModule | undefined;

function instantiate(): RabinExports {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./rabin.wasm', import.meta.url)));
  return rabinExports(new WebAssembly.Instance(compiled).exports);
}

function rabinExports(exports: Readonly<Record<string, unknown>>): RabinExports {
  const { memory, init, scan } = exports;
  assert(memory instanceof WebAssembly.Memory, 'the chunker exports its memory');
  assert(typeof init === 'function' && typeof scan === 'function', 'the chunker exports its functions');
  return {
    memory,
    init: (polynomial, mask) => void init(polynomial, mask),
    scan: (from, to) => Number(scan(from, to)),
  };
}
