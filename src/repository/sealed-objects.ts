/** Small objects of ours beside the repository, sealed as its own unpacked objects are. */

import { seal, unseal } from '../seal/seal.ts';
import { compress, decompress, unknownLengthBytesMax } from './compression.ts';
import type { SealedObjects } from './repository-types.ts';
import type { RepositoryAccess } from './unpacked.ts';

export function createSealedObjects(access: RepositoryAccess): SealedObjects {
  const { store, key } = access;
  return {
    put: (name, bytes, signal) => store.put(name, seal(key, compress(bytes)), signal),
    async get(name, signal) {
      const sealed = await store.get(name, undefined, signal);
      return decompress(unseal(key, sealed, name), unknownLengthBytesMax, name);
    },
    list: (prefix, signal) => store.list(prefix, signal),
  };
}
