/** What came from the server and is still to go into some vault: a bounded run of bytes of one branch, without holes. */
import { assert } from '../error/assert.ts';
import type { LogMarks } from '../log-archive/log-archive.ts';
import { noMarks } from '../log-archive/log-archive.ts';
import { mergeMarks } from '../log-archive/merge-marks.ts';
import { windowEnd } from '../log-archive/piece-key.ts';
import { lower } from '../log-archive/positions.ts';

/** With what is on its way to the vaults, the process stays below 150 MB. */
export const bufferBytesMax = 16 * 1024 * 1024;

/** Marks are those of the records that end in it. */
export interface Block {
  readonly start: bigint;
  readonly bytes: Uint8Array;
  readonly marks: LogMarks;
  /** Nobody else has the bytes: they can be given back once they are used. */
  readonly isCopy?: true;
}

export interface LogBuffer {
  readonly start: bigint;
  readonly end: bigint;
  readonly bytes: number;
  push(block: Block): void;
  /** Bytes from `from` on that fit one piece. */
  available(from: bigint): number;
  /** Whole blocks from `from` on, as many as make up at most `bytesMax` bytes, within one window; at least one. */
  take(from: bigint, bytesMax: number): Block;
  /** Forgets whole blocks before it. */
  dropBefore(position: bigint): void;
}

export function createLogBuffer(start: bigint): LogBuffer {
  const blocks: Block[] = [];
  let [first, end, held] = [start, start, 0];
  return {
    get start() {
      return first;
    },
    get end() {
      return end;
    },
    get bytes() {
      return held;
    },
    push(block) {
      assert(block.start === end, 'blocks follow each other');
      blocks.push(block);
      end += BigInt(block.bytes.length);
      held += block.bytes.length;
    },
    available: (from) => Number(lower(end, windowEnd(from)) - from),
    take(from, bytesMax) {
      assert(from >= first && from < end, 'what is taken is there');
      return joinBlocks(chosen(blocks, from, bytesMax), from);
    },
    dropBefore(position) {
      const kept = blocks.findIndex((block) => endOf(block) > position);
      const gone = blocks.splice(0, kept < 0 ? blocks.length : kept);
      held -= gone.reduce((sum, { bytes }) => sum + bytes.length, 0);
      first = blocks[0]?.start ?? end;
    },
  };
}

function chosen(blocks: readonly Block[], from: bigint, bytesMax: number): readonly Block[] {
  const taken: Block[] = [];
  const limit = windowEnd(from);
  for (const block of blocks) {
    if (endOf(block) <= from) continue;
    const isFull = taken.length > 0 && endOf(block) - from > BigInt(bytesMax);
    if (isFull || block.start >= limit) break;
    taken.push(block);
  }
  return taken;
}

function joinBlocks(blocks: readonly Block[], from: bigint): Block {
  const parts = blocks.map(({ start, bytes }) =>
    start < from ? bytes.subarray(Number(from - start)) : bytes,
  );
  const [only] = parts;
  const marks = blocks.reduce((sum, block) => mergeMarks(sum, block.marks), noMarks);
  if (parts.length === 1 && only) return { start: from, bytes: only, marks };
  return { start: from, bytes: Buffer.concat(parts), marks, isCopy: true };
}

/** Cuts bytes where a window ends, so that no block lies in two. */
export function cutAtWindows(start: bigint, bytes: Uint8Array): { start: bigint; bytes: Uint8Array }[] {
  const parts: { start: bigint; bytes: Uint8Array }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const position = start + BigInt(at);
    const length = Math.min(bytes.length - at, Number(windowEnd(position) - position));
    parts.push({ start: position, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  return parts;
}

function endOf({ start, bytes }: Block): bigint {
  return start + BigInt(bytes.length);
}
