import { hash } from 'node:crypto';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { type SealKey, unseal } from '../../seal/seal.ts';
import { decompressInto } from '../compression.ts';
import { objectKey } from '../layout.ts';
import type { BlobType } from '../pack/pack-header.ts';

export interface BlobPlace {
  readonly id: string;
  readonly type: BlobType;
  readonly packId: string;
  readonly uncompressedLength: number;
}

/** The plaintext of a stored blob, proven by its id. Raises OBJECT_DAMAGED naming blob and pack. */
export function openBlob(key: SealKey, sealed: Uint8Array, blob: BlobPlace): Buffer {
  const what = `${blob.type} blob ${blob.id} in ${objectKey('pack', blob.packId)}`;
  const stored = unseal(key, sealed, what);
  const plaintext =
    blob.uncompressedLength === 0 ? stored : frameContent(stored, blob.uncompressedLength, what);
  if (hash('sha256', plaintext, 'hex') === blob.id) return plaintext;
  throw new LifeboatError('OBJECT_DAMAGED', `${what} does not have the content that its name promises`, {
    hint: 'Run `lifeboat check --read-data` to see which files are affected, and restore them from another vault.',
    details: { blob: blob.id, object: objectKey('pack', blob.packId) },
  });
}

function frameContent(frame: Uint8Array, bytes: number, what: string): Buffer {
  const plaintext = Buffer.allocUnsafeSlow(bytes);
  return plaintext.subarray(0, decompressInto(frame, plaintext, what));
}
