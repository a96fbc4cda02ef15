/** Which vault this is, from whatever of it can still be read: what says so lies there several times. */
import { hasCode } from '../error/lifeboat-error.ts';
import { evidencePrefix, readLink } from '../evidence/chain.ts';
import { parseRecord, type RunRecord } from '../evidence/record.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import type { SealedObjects } from '../repository/repository-types.ts';
import { spareKey } from '../repository/spare-key.ts';
import { rememberedVaultFile } from './known-history.ts';
import { readVaultFile } from './read-vault-file.ts';
import { decodeVaultFile, type VaultFile, vaultFileKey } from './vault-file.ts';

/** So many records are tried: each of them says it. */
const triesMax = 16;

export interface FindVaultFile {
  readonly store: ObjectStore;
  readonly sealed: SealedObjects;
  readonly cacheDirectory: string;
}

/**
 * The sealed copy where there is one, for it proves itself; then the original, where the records name no other vault;
 * else what this machine remembers of the vault that they name. `undefined` for a plain repository. Raises
 * OBJECT_DAMAGED when there is only a damaged original.
 */
export async function findVaultFile(
  place: FindVaultFile,
  signal?: AbortSignal,
): Promise<VaultFile | undefined> {
  const sealed = await sealedFile(place.sealed, spareKey(vaultFileKey), signal);
  if (sealed !== undefined) return sealed;
  const told = await fromRecords(place, signal);
  try {
    const plain = await readVaultFile(place.store, signal);
    // nothing proves the original, and every record proves itself
    return told === undefined || plain?.id === told.id ? plain : told;
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED')) throw error;
    const found = (await sealedFile(place.sealed, vaultFileKey, signal)) ?? told;
    if (found === undefined) throw error;
    return found;
  }
}

/** `vault.json` may lie under the key of its copy, and the copy under its own. */
async function sealedFile(
  sealed: SealedObjects,
  key: string,
  signal?: AbortSignal,
): Promise<VaultFile | undefined> {
  try {
    return decodeVaultFile(await sealed.get(key, signal));
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING', 'OBJECT_DAMAGED')) return undefined;
    throw error;
  }
}

async function fromRecords(
  { sealed, cacheDirectory }: FindVaultFile,
  signal?: AbortSignal,
): Promise<VaultFile | undefined> {
  const record = await anyRecord(sealed, signal);
  if (record === undefined) return undefined;
  const created = new Date(record.startMs).toISOString();
  // the role is for people to read; the plan says what counts
  const rebuilt = { format: 1, id: record.vault, role: 'primary', created } as const;
  return rememberedVaultFile(cacheDirectory, record.vault) ?? rebuilt;
}

async function anyRecord(sealed: SealedObjects, signal?: AbortSignal): Promise<RunRecord | undefined> {
  let tries = 0;
  for await (const { key } of sealed.list(evidencePrefix, signal)) {
    if (tries++ === triesMax) return undefined;
    try {
      const link = readLink(await sealed.get(key, signal));
      if (link !== undefined) return parseRecord(link.record);
    } catch (error) {
      if (!hasCode(error, 'OBJECT_MISSING', 'OBJECT_DAMAGED')) throw error;
    }
  }
  return undefined;
}
