import { hash } from 'node:crypto';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { type SealKey, sealOverheadBytes, unsealInto } from '../../seal/seal.ts';
import { decompressInto } from '../compression.ts';
import { objectKey } from '../layout.ts';
import type { BlobType } from '../pack/pack-header.ts';
import { createScratchBuffer } from '../scratch-buffer.ts';

export interface BlobPlace {
  readonly id: string;
  readonly type: BlobType;
  readonly packId: string;
  readonly uncompressedLength: number;
}

/** The plaintext of a stored blob, proven by its id. Raises OBJECT_DAMAGED naming blob and pack. */
export type BlobOpener = (sealed: Uint8Array, blob: BlobPlace) => Buffer;

/** The result is the caller's own. */
export function openBlob(key: SealKey, sealed: Uint8Array, blob: BlobPlace): Buffer {
  try {
    return createBlobOpener(key)(sealed, blob);
  } catch (error) {
    throw namingPack(error, blob);
  }
}

/** What opens a seal knows no packs. */
function namingPack(error: unknown, { id, packId }: BlobPlace): unknown {
  if (!hasCode(error, 'OBJECT_DAMAGED') || error.details['object'] !== undefined) return error;
  return new LifeboatError('OBJECT_DAMAGED', error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { ...error.details, blob: id, object: objectKey('pack', packId) },
    cause: error,
  });
}

/** For many blobs one after the other, in memory that is used for all: the next call overwrites the result. */
export function createBlobOpener(key: SealKey): BlobOpener {
  const openWhole = createWholeBlobOpener(key);
  return (sealed, blob) => openWhole(sealed, blob).plaintext;
}

export interface OpenedBlob {
  readonly plaintext: Buffer;
  /** What was sealed: the zstd frame, or the plaintext itself where it is not compressed. */
  readonly content: Buffer;
}

/** As `createBlobOpener`, with what was sealed, so that it can be sealed again as it is. */
export function createWholeBlobOpener(key: SealKey): (sealed: Uint8Array, blob: BlobPlace) => OpenedBlob {
  const storedScratch = createScratchBuffer();
  const plaintextScratch = createScratchBuffer();
  return (sealed, blob) => {
    const what = `${blob.type} blob ${blob.id} in ${objectKey('pack', blob.packId)}`;
    const stored = storedScratch(sealed.length - sealOverheadBytes);
    const content = stored.subarray(0, unsealInto(key, sealed, stored, 0, what));
    let plaintext = content;
    if (blob.uncompressedLength > 0) {
      const output = plaintextScratch(blob.uncompressedLength);
      const length = decompressInto(content, output.subarray(0, blob.uncompressedLength), what);
      plaintext = output.subarray(0, length);
    }
    if (hash('sha256', plaintext, 'hex') === blob.id) return { plaintext, content };
    throw wrongContent(what, blob);
  };
}

function wrongContent(what: string, blob: BlobPlace): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `${what} does not have the content that its name promises`, {
    hint: 'Run `lifeboat check --read-data` to see which files are affected, and restore them from another vault.',
    details: { blob: blob.id, object: objectKey('pack', blob.packId) },
  });
}
