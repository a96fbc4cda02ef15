/**
 * The table of contents at the end of a pack: what blobs it holds, in order. Offsets are implied by summing.
 * Source: restic `internal/repository/pack/pack.go`.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';

export type BlobType = 'data' | 'tree';

export interface PackedBlob {
  /** 64 hex digits: SHA-256 of the uncompressed plaintext. */
  readonly id: string;
  readonly type: BlobType;
  /** Bytes from the start of the pack. */
  readonly offset: number;
  /** Bytes as stored: sealed, perhaps compressed. */
  readonly length: number;
  /** Bytes of the plaintext when it is compressed; 0 when it is not. */
  readonly uncompressedLength: number;
}

/** The header's length as stored stands in the last four bytes of a pack. */
export const headerLengthBytes = 4;
export const headerBytesMax = 16 * 1024 * 1024;
/** The seal adds an IV of 16 bytes and a tag of 16. */
export const sealOverheadBytes = 32;

const plainEntryBytes = 37;
const compressedEntryBytes = 41;
export const entryBytesMax = compressedEntryBytes;

export function headerBytes(blobs: readonly PackedBlob[]): number {
  return blobs.reduce((sum, blob) => sum + entryBytes(blob), 0);
}

export function encodeHeader(blobs: readonly PackedBlob[]): Buffer {
  const header = Buffer.allocUnsafe(headerBytes(blobs));
  let at = 0;
  for (const blob of blobs) at = encodeEntry(header, at, blob);
  return header;
}

export function entryBytes(blob: Pick<PackedBlob, 'uncompressedLength'>): number {
  return blob.uncompressedLength === 0 ? plainEntryBytes : compressedEntryBytes;
}

function encodeEntry(header: Buffer, start: number, blob: PackedBlob): number {
  const compressed = blob.uncompressedLength > 0;
  let at = header.writeUInt8((compressed ? 2 : 0) + (blob.type === 'tree' ? 1 : 0), start);
  at = header.writeUInt32LE(blob.length, at);
  if (compressed) at = header.writeUInt32LE(blob.uncompressedLength, at);
  return at + header.write(blob.id, at, 'hex');
}

/** Raises OBJECT_DAMAGED naming the pack. */
export function decodeHeader(header: Buffer, what: string): PackedBlob[] {
  const blobs: PackedBlob[] = [];
  let offset = 0;
  for (let at = 0; at < header.length; ) {
    const kind = header.readUInt8(at);
    const bytes = kind >= 2 ? compressedEntryBytes : plainEntryBytes;
    if (kind > 3 || at + bytes > header.length) throw brokenHeader(what);
    const length = header.readUInt32LE(at + 1);
    const uncompressedLength = kind >= 2 ? header.readUInt32LE(at + 5) : 0;
    const id = header.toString('hex', at + bytes - 32, at + bytes);
    blobs.push({ id, type: kind % 2 === 1 ? 'tree' : 'data', offset, length, uncompressedLength });
    offset += length;
    at += bytes;
  }
  return blobs;
}

export function brokenHeader(what: string): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `${what} has a header that makes no sense`, {
    hint: 'The pack is damaged; run `lifeboat check --read-data` to see which files it held.',
    details: { object: what },
  });
}
