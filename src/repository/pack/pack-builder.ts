/**
 * Builds one pack after the other in memory: sealed blobs, then the sealed header and its length.
 * A pack is handed on as soon as it has reached its target size.
 */
import { createHash, type Hash } from 'node:crypto';
import { assert } from '../../error/assert.ts';
import { type SealKey, sealInto } from '../../seal/seal.ts';
import {
  type BlobType,
  encodeHeader,
  entryBytes,
  entryBytesMax,
  headerLengthBytes,
  type PackedBlob,
  sealOverheadBytes,
} from './pack-header.ts';

export const packBytesTarget = 16 * 1024 * 1024;
/** Trees lie in smaller packs, so that a walk fetches little that it does not need. */
export const treePackBytesTarget = 4 * 1024 * 1024;
/** Room for a last blob that crosses the target, and for the header. */
const slackBytes = 1024 * 1024;

export interface FinishedPack {
  /** 64 hex digits: SHA-256 of the pack. */
  readonly id: string;
  /** The pack is the first `length` bytes. */
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly length: number;
  readonly blobs: readonly PackedBlob[];
}

export interface PackBuilder {
  /**
   * Seals one blob into the pack under way. Returns the pack that had to be finished first because the blob
   * did not fit, or that is full now; at most one of both happens at a time.
   */
  add(blob: NewBlob): FinishedPack[];
  finish(): FinishedPack | undefined;
}

export interface NewBlob {
  readonly id: string;
  readonly type: BlobType;
  /** What is stored: a zstd frame, or the plaintext itself when `uncompressedLength` is 0. */
  readonly content: Uint8Array;
  readonly uncompressedLength: number;
}

/**
 * `takeBuffer` gives at least so many bytes, perhaps a used buffer again. `check` sees each blob as sealed.
 * `bytesTarget` is smaller than usual in tests only.
 */
export function createPackBuilder(
  key: SealKey,
  takeBuffer: (bytesMin: number) => Uint8Array<ArrayBuffer>,
  check?: (sealed: Uint8Array, blob: NewBlob) => void,
  bytesTarget = packBytesTarget,
): PackBuilder {
  let pack: OpenPack | undefined;

  function finish(): FinishedPack | undefined {
    const finished = pack && finishPack(key, pack);
    pack = undefined;
    return finished;
  }

  function add(blob: NewBlob): FinishedPack[] {
    const finished: FinishedPack[] = [];
    const sealedBytes = blob.content.length + sealOverheadBytes;
    if (pack && !fits(pack, sealedBytes)) pushIfThere(finished, finish());
    pack ??= openPack(takeBuffer(Math.max(sealedBytes, bytesTarget) + slackBytes));
    const sealed = sealBlob(key, pack, blob);
    check?.(sealed, blob);
    if (pack.length >= bytesTarget) pushIfThere(finished, finish());
    return finished;
  }

  return { add, finish };
}

interface OpenPack {
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly blobs: PackedBlob[];
  readonly hash: Hash;
  length: number;
  /** What the header will take so far. */
  headerBytes: number;
}

function openPack(buffer: Uint8Array<ArrayBuffer>): OpenPack {
  return { buffer, blobs: [], hash: createHash('sha256'), length: 0, headerBytes: 0 };
}

function fits(pack: OpenPack, sealedBytes: number): boolean {
  const header = pack.headerBytes + entryBytesMax + sealOverheadBytes + headerLengthBytes;
  return pack.length + sealedBytes + header <= pack.buffer.length;
}

function sealBlob(key: SealKey, pack: OpenPack, blob: NewBlob): Uint8Array {
  const offset = pack.length;
  const length = sealInto(key, blob.content, pack.buffer, offset);
  const sealed = pack.buffer.subarray(offset, offset + length);
  pack.hash.update(sealed);
  const packed = {
    id: blob.id,
    type: blob.type,
    offset,
    length,
    uncompressedLength: blob.uncompressedLength,
  };
  pack.blobs.push(packed);
  pack.headerBytes += entryBytes(packed);
  pack.length += length;
  return sealed;
}

function finishPack(key: SealKey, pack: OpenPack): FinishedPack {
  const header = encodeHeader(pack.blobs);
  const start = pack.length;
  assert(
    start + header.length + sealOverheadBytes + headerLengthBytes <= pack.buffer.length,
    'the header fits into the pack',
  );
  const sealedBytes = sealInto(key, header, pack.buffer, start);
  new DataView(pack.buffer.buffer, pack.buffer.byteOffset).setUint32(start + sealedBytes, sealedBytes, true);
  const length = start + sealedBytes + headerLengthBytes;
  const id = pack.hash.update(pack.buffer.subarray(start, length)).digest('hex');
  return { id, buffer: pack.buffer, length, blobs: pack.blobs };
}

function pushIfThere<T>(list: T[], item: T | undefined): void {
  if (item !== undefined) list.push(item);
}
