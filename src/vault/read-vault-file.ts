import { hasCode } from '../error/lifeboat-error.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { decodeVaultFile, type VaultFile, vaultFileKey } from './vault-file.ts';

/** The vault's id without its key, for the cache; `undefined` when there is no vault or a plain repository. */
export async function readVaultFile(
  store: ObjectStore,
  signal?: AbortSignal,
): Promise<VaultFile | undefined> {
  try {
    return decodeVaultFile(await store.get(vaultFileKey, undefined, signal));
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING')) return undefined;
    throw error;
  }
}
