/** What of a vault lies where it should: seen with three requests and without its key, so that what is gone is told at once. */
import { hasCode } from '../error/lifeboat-error.ts';
import { type ChainHead, linkKey } from '../evidence/chain.ts';
import { isThere } from '../object-store/is-there.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { spareKey } from '../repository/spare-key.ts';
import { readVaultFile } from './read-vault-file.ts';
import type { VaultFile } from './vault-file.ts';

export interface VaultParts {
  /** As it lies there; it is plain, and cannot prove itself. */
  readonly file: VaultFile | 'missing' | 'unreadable';
  /** `lost`: its second copy is gone as well. */
  readonly config: 'there' | 'missing' | 'lost';
  readonly keyIds: ReadonlySet<string>;
}

/** Raises what the store raises where it cannot be asked. */
export async function vaultParts(store: ObjectStore, signal?: AbortSignal): Promise<VaultParts> {
  const [file, config, keyIds] = await Promise.all([
    plainFile(store, signal),
    stateOfConfig(store, signal),
    idsBelow(store, 'keys/', signal),
  ]);
  return { file, config, keyIds };
}

async function stateOfConfig(store: ObjectStore, signal?: AbortSignal): Promise<VaultParts['config']> {
  if (await isThere(store, 'config', signal)) return 'there';
  return (await isThere(store, spareKey('config'), signal)) ? 'missing' : 'lost';
}

async function plainFile(store: ObjectStore, signal?: AbortSignal): Promise<VaultParts['file']> {
  try {
    return (await readVaultFile(store, signal)) ?? 'missing';
  } catch (error) {
    if (hasCode(error, 'OBJECT_DAMAGED')) return 'unreadable';
    throw error;
  }
}

async function idsBelow(
  store: ObjectStore,
  prefix: string,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { key } of store.list(prefix, signal)) ids.add(key.slice(prefix.length));
  return ids;
}

export interface LastReading {
  readonly snapshotIds: readonly string[];
  /** The newest record of each writer. */
  readonly heads: readonly ChainHead[];
}

/** False when something that was there at the last reading does not lie there any more. */
export async function liesAsRead(
  store: ObjectStore,
  { snapshotIds, heads }: LastReading,
  signal?: AbortSignal,
): Promise<boolean> {
  const newest = heads.filter(({ sequence }) => sequence > 0);
  const [there, ...records] = await Promise.all([
    idsBelow(store, 'snapshots/', signal),
    ...newest.map(({ writer, sequence, hash }) => isThere(store, linkKey(writer, sequence, hash), signal)),
  ]);
  return snapshotIds.every((id) => there.has(id)) && records.every(Boolean);
}
