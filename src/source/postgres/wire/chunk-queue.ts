/** Bytes that came in chunks, taken in other pieces. Nothing is copied but what lies in several chunks. */
export interface ChunkQueue {
  /** `release` is called when nothing of the chunk is needed any more. */
  push(chunk: Buffer, release?: () => void): void;
  /** There must be so many. Good until it is called again, and what it lies in stays until `releaseUsed`. */
  take(count: number): Buffer;
  skip(count: number): void;
  /** One byte ahead, without using it up. */
  peek(offset: number): number;
  /** Lets go of chunks that are used up. */
  releaseUsed(): void;
  readonly bytes: number;
}

interface Chunk {
  readonly bytes: Buffer;
  readonly release: (() => void) | undefined;
}

/** Longer pieces of several chunks are put together in memory of their own. */
const scratchBytesMax = 1024 * 1024;

export function makeChunkQueue(): ChunkQueue {
  const chunks: Chunk[] = [];
  const memoryFor = makeScratch();
  let lapsed: (() => void)[] = [];
  let held = 0;
  /** Bytes of the first chunk that are used up. */
  let used = 0;

  const consume = (count: number): void => {
    held -= count;
    used += count;
    if (used < (chunks[0]?.bytes.length ?? 0)) return;
    const over = chunks.shift();
    if (over?.release !== undefined) lapsed.push(over.release);
    used = 0;
  };

  return {
    push: (bytes, release) => {
      if (bytes.length === 0) return release?.();
      chunks.push({ bytes, release });
      held += bytes.length;
    },
    take: (count) => {
      const first = chunks[0]?.bytes;
      if (first !== undefined && first.length - used >= count) {
        const piece = first.subarray(used, used + count);
        consume(count);
        return piece;
      }
      const joined = memoryFor(count);
      for (let filled = 0; filled < count; ) {
        const chunk = chunks[0]?.bytes ?? Buffer.alloc(0);
        const copied = chunk.copy(joined, filled, used, used + count - filled);
        filled += copied;
        consume(copied);
      }
      return joined;
    },
    skip: (count) => {
      for (let left = count; left > 0; ) {
        const step = Math.min(left, (chunks[0]?.bytes.length ?? 0) - used);
        left -= step;
        consume(step);
      }
    },
    peek: (offset) => {
      let at = used + offset;
      for (const { bytes } of chunks) {
        if (at < bytes.length) return bytes[at] ?? 0;
        at -= bytes.length;
      }
      return 0;
    },
    releaseUsed: () => {
      if (lapsed.length === 0) return;
      for (const release of lapsed) release();
      lapsed = [];
    },
    get bytes() {
      return held;
    },
  };
}

/** Fresh memory for every message that came in parts made the engine collect garbage ten times a second. */
function makeScratch(): (count: number) => Buffer {
  let scratch = Buffer.alloc(0);
  return (count) => {
    if (count > scratchBytesMax) return Buffer.allocUnsafeSlow(count);
    if (count > scratch.length) scratch = Buffer.allocUnsafeSlow(count);
    return scratch.subarray(0, count);
  };
}
