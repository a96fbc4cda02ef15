/** The JSON of one index file. Source: restic `internal/repository/index/index.go`. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { isId } from '../layout.ts';
import type { BlobType, PackedBlob } from '../pack/pack-header.ts';

export interface IndexedPack {
  readonly id: string;
  readonly blobs: readonly PackedBlob[];
}

export function encodeIndexFile(packs: readonly IndexedPack[]): Buffer {
  const json = JSON.stringify({
    packs: packs.map((pack) => ({ id: pack.id, blobs: pack.blobs.map(encodeBlob) })),
  });
  return Buffer.from(`${json}\n`);
}

function encodeBlob(blob: PackedBlob): Record<string, string | number> {
  const fields = { id: blob.id, type: blob.type, offset: blob.offset, length: blob.length };
  return blob.uncompressedLength === 0 ? fields : { ...fields, uncompressed_length: blob.uncompressedLength };
}

/** Raises OBJECT_DAMAGED naming `what` when the JSON is not an index. */
export function decodeIndexFile(json: unknown, what: string): IndexedPack[] {
  const packs = isRecord(json) ? (json['packs'] ?? []) : undefined;
  if (!Array.isArray(packs)) throw notAnIndex(what);
  return packs.map((pack: unknown) => decodePack(pack, what));
}

function decodePack(pack: unknown, what: string): IndexedPack {
  if (
    !isRecord(pack) ||
    typeof pack['id'] !== 'string' ||
    !isId(pack['id']) ||
    !Array.isArray(pack['blobs'])
  ) {
    throw notAnIndex(what);
  }
  return { id: pack['id'], blobs: pack['blobs'].map((blob: unknown) => decodeBlob(blob, what)) };
}

function decodeBlob(blob: unknown, what: string): PackedBlob {
  if (!isRecord(blob)) throw notAnIndex(what);
  const { id, type, offset, length, uncompressed_length: uncompressedLength = 0 } = blob;
  if (typeof id !== 'string' || !isId(id) || !isBlobType(type)) throw notAnIndex(what);
  if (!isSize(offset) || !isSize(length) || !isSize(uncompressedLength)) throw notAnIndex(what);
  return { id, type, offset, length, uncompressedLength };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isBlobType(value: unknown): value is BlobType {
  return value === 'data' || value === 'tree';
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

function notAnIndex(what: string): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `${what} is not an index file`, {
    hint: 'The index can be rebuilt from the packs: `restic repair index` (0.14: `restic rebuild-index`).',
    details: { object: what },
  });
}
