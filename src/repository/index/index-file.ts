/** The JSON of one index file. Source: restic `internal/repository/index/index.go`. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { isId } from '../layout.ts';
import type { BlobType, PackedBlob } from '../pack/pack-header.ts';

export interface IndexedPack {
  readonly id: string;
  readonly blobs: readonly PackedBlob[];
}

/** More than the text of any pack's frame, or of any blob, takes. */
const packBytesMax = 128;
const blobBytesMax = 224;

/** Written piece by piece: as one object or text, 50,000 blobs would take several times the memory for a moment. */
export function encodeIndexFile(packs: readonly IndexedPack[]): Buffer {
  const bytesMax = packs.reduce(
    (sum, { blobs }) => sum + packBytesMax + blobs.length * blobBytesMax,
    packBytesMax,
  );
  const bytes = Buffer.allocUnsafeSlow(bytesMax);
  let end = bytes.write('{"packs":[', 'latin1');
  for (const [number, pack] of packs.entries()) {
    end += bytes.write(`${number === 0 ? '' : ','}{"id":"${pack.id}","blobs":[`, end, 'latin1');
    for (const [at, blob] of pack.blobs.entries())
      end += bytes.write(`${at === 0 ? '' : ','}${blobText(blob)}`, end, 'latin1');
    end += bytes.write(']}', end, 'latin1');
  }
  end += bytes.write(']}\n', end, 'latin1');
  return bytes.subarray(0, end);
}

/** Ids and types need no quoting. */
function blobText({ id, type, offset, length, uncompressedLength }: PackedBlob): string {
  const uncompressed = uncompressedLength === 0 ? '' : `,"uncompressed_length":${uncompressedLength}`;
  return `{"id":"${id}","type":"${type}","offset":${offset},"length":${length}${uncompressed}}`;
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
    hint: '`lifeboat repair index` makes it anew from the packs.',
    details: { object: what },
  });
}
