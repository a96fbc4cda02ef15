/**
 * `INCREMENTAL.<name>`: the blocks of a relation file that changed since another backup (PostgreSQL 17 on).
 *
 *   0  u32  magic 0xd3ae1f0d
 *   4  u32  number of blocks that follow
 *   8  u32  truncation length, in blocks: below it what is not here is as it was before
 *  12  u32  the number of each block, within the file
 *
 * When blocks follow, the header is padded with zeros to a multiple of the block size; then the blocks, in the order of
 * their numbers. Source: src/backend/backup/basebackup_incremental.c, src/bin/pg_combinebackup/reconstruct.c.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { ContentRange } from '../../source.ts';

export const incrementalPrefix = 'INCREMENTAL.';
/** The header is complete with this many bytes when no block follows. */
export const incrementalHeadBytes = 12;
const magic = 0xd3ae1f0d;
/** A relation file has at most 1 GiB. */
const blocksMax = 2 ** 20;

export interface IncrementalHead {
  readonly blocks: number;
  /** Bytes up to the first block. */
  readonly headerBytes: number;
}

/** From the first 12 bytes, or more. Raises SOURCE_DAMAGED. */
export function readIncrementalHead(bytes: Uint8Array, blockBytes: number): IncrementalHead {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (data.length < incrementalHeadBytes || data.readUInt32LE(0) !== magic) throw damaged('it has no header');
  const blocks = data.readUInt32LE(4);
  if (blocks > blocksMax) throw damaged(`it cannot have ${blocks} blocks`);
  const plain = incrementalHeadBytes + blocks * 4;
  return { blocks, headerBytes: blocks === 0 ? plain : Math.ceil(plain / blockBytes) * blockBytes };
}

export interface IncrementalPatch {
  /** Bytes of the file that results. */
  readonly size: number;
  /** Where the blocks go: ascending; blocks side by side are one range. */
  readonly ranges: readonly ContentRange[];
}

/** `header` holds at least the `headerBytes` of `readIncrementalHead`. Raises SOURCE_DAMAGED. */
export function readIncrementalPatch(header: Uint8Array, blockBytes: number): IncrementalPatch {
  const { blocks } = readIncrementalHead(header, blockBytes);
  const data = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  if (data.length < incrementalHeadBytes + blocks * 4) throw damaged('its header is cut off');
  const ranges: { at: number; length: number }[] = [];
  let sizeInBlocks = data.readUInt32LE(8);
  let before = -1;
  for (let index = 0; index < blocks; index++) {
    const block = data.readUInt32LE(incrementalHeadBytes + index * 4);
    if (block <= before || block >= blocksMax) throw damaged('its blocks are not in order');
    const last = ranges.at(-1);
    if (last !== undefined && block === before + 1) last.length += blockBytes;
    else ranges.push({ at: block * blockBytes, length: blockBytes });
    before = block;
    sizeInBlocks = Math.max(sizeInBlocks, block + 1);
  }
  return { size: sizeInBlocks * blockBytes, ranges };
}

function damaged(why: string): LifeboatError {
  return new LifeboatError('SOURCE_DAMAGED', `an incremental file cannot be read: ${why}`, {
    hint: 'Take a full base backup.',
  });
}
