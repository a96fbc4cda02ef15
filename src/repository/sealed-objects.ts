/** Small objects of ours beside the repository: the seal of the byte 2 and a zstd frame, as restic's snapshots are. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import { releaseMemory } from '../platform/release-memory.ts';
import { type SealKey, seal, unseal } from '../seal/seal.ts';
import {
  compress,
  createQuickCompressor,
  decompress,
  decompressInto,
  unknownLengthBytesMax,
} from './compression.ts';
import type { SealedObjects } from './repository-types.ts';
import type { RepositoryAccess } from './unpacked.ts';

const compressedMarker = 2;

export function createSealedObjects({ store, key }: RepositoryAccess): SealedObjects {
  // Pieces of a log come several times a second, for weeks.
  let quickly: ReturnType<typeof createQuickCompressor> | undefined;
  const sealed = (bytes: Uint8Array, effort: 'usual' | 'quick' = 'usual'): Buffer => {
    if (effort === 'quick') {
      quickly ??= createQuickCompressor();
      return sealedFrame(key, quickly(bytes));
    }
    const frame = compress(bytes);
    const result = sealedFrame(key, frame);
    releaseMemory(frame);
    return result;
  };
  return {
    put: (name, bytes, signal) => store.put(name, sealed(bytes), signal),
    get: async (name, signal) => open(key, await store.get(name, undefined, signal), name),
    list: (prefix, signal) => store.list(prefix, signal),
    seal: sealed,
    open: (bytes, name, bytesMax) => open(key, bytes, name, bytesMax),
  };
}

function sealedFrame(key: SealKey, frame: Uint8Array): Buffer {
  const plaintext = Buffer.concat([Buffer.of(compressedMarker), frame]);
  const result = seal(key, plaintext);
  releaseMemory(plaintext);
  return result;
}

function open(key: SealKey, sealed: Uint8Array, name: string, bytesMax?: number): Buffer {
  const plaintext = unseal(key, sealed, name);
  if (plaintext[0] === compressedMarker) {
    const bytes = decompressed(plaintext.subarray(1), name, bytesMax);
    releaseMemory(plaintext);
    return bytes;
  }
  throw new LifeboatError('OBJECT_DAMAGED', `${name} starts with an unknown byte`, {
    hint: 'The object was written by a newer Lifeboat; use the newest one to read it.',
    details: { object: name },
  });
}

function decompressed(frame: Uint8Array, name: string, bytesMax: number | undefined): Buffer {
  if (bytesMax === undefined) return decompress(frame, unknownLengthBytesMax, name);
  const bytes = Buffer.allocUnsafeSlow(bytesMax);
  return bytes.subarray(0, decompressInto(frame, bytes, name));
}
