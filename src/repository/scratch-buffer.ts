import { releaseMemory } from '../platform/release-memory.ts';

/** A blob is rarely larger; what larger ones need is given back when the next one comes. */
const keptBytesMax = 2 * 1024 * 1024;

/** Memory that is used again and again: each call overwrites what the one before returned. At least `bytes` long. */
export function createScratchBuffer(): (bytes: number) => Buffer<ArrayBuffer> {
  let kept = Buffer.alloc(0);
  let large: Buffer<ArrayBuffer> | undefined;
  return (bytes) => {
    if (large) releaseMemory(large);
    large = undefined;
    if (bytes > keptBytesMax) {
      large = Buffer.allocUnsafeSlow(bytes);
      return large;
    }
    if (kept.length < bytes) kept = Buffer.allocUnsafeSlow(bytes);
    return kept;
  };
}
