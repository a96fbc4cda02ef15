import { hash } from 'node:crypto';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { SealKey } from '../../seal/seal.ts';
import { objectKey } from '../layout.ts';
import type { PackedBlob } from '../pack/pack-header.ts';
import { headerOfPack } from '../pack/read-header.ts';
import { type BlobOpener, createBlobOpener } from '../read/open-blob.ts';

/** Everything that can be said of one pack: its name, its header against the index, and every blob in it. */
export function checkPack(
  key: SealKey,
  packId: string,
  pack: Buffer,
  indexed: readonly PackedBlob[],
  openBlob: BlobOpener = createBlobOpener(key),
): string[] {
  const what = objectKey('pack', packId);
  const errors: string[] = [];
  if (hash('sha256', pack, 'hex') !== packId) errors.push('does not have the content that its name promises');
  const blobs = attempt(errors, () => headerOfPack({ key }, pack, what));
  if (blobs) compareWithIndex(errors, blobs, indexed);
  for (const blob of indexed) {
    const sealed = pack.subarray(blob.offset, blob.offset + blob.length);
    attempt(errors, () => openBlob(sealed, { ...blob, packId }));
  }
  return errors;
}

function compareWithIndex(
  errors: string[],
  blobs: readonly PackedBlob[],
  indexed: readonly PackedBlob[],
): void {
  if (blobs.length === indexed.length && blobs.every((blob, at) => isSame(blob, indexed[at]))) return;
  const inHeader = new Set(blobs.map(describe));
  const inIndex = new Set(indexed.map(describe));
  for (const blob of inIndex)
    if (!inHeader.has(blob)) errors.push(`its header does not have what the index says: ${blob}`);
  for (const blob of inHeader)
    if (!inIndex.has(blob)) errors.push(`the index does not know what its header has: ${blob}`);
}

function isSame(a: PackedBlob, b: PackedBlob | undefined): boolean {
  return (
    a.id === b?.id &&
    a.type === b.type &&
    a.offset === b.offset &&
    a.length === b.length &&
    a.uncompressedLength === b.uncompressedLength
  );
}

function describe(blob: PackedBlob): string {
  return `${blob.type} blob ${blob.id} at ${blob.offset}, ${blob.length} bytes (${blob.uncompressedLength})`;
}

function attempt<T>(errors: string[], act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    errors.push(error.message);
    return undefined;
  }
}
