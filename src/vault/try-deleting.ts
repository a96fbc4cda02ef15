/** Tries to delete for good what is retained, to show that the store refuses. */
import { hasCode } from '../error/lifeboat-error.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { randomBytes, randomHex } from '../platform/random.ts';
import { probePrefix } from './proving.ts';

export interface DeletionsTried {
  readonly tried: number;
  readonly refused: number;
  /** Keys of what is gone now. */
  readonly deleted: readonly string[];
}

const probeBytes = 16;
const probeRetainedMs = 60_000;

/**
 * An object of its own, retained as the others are, but for a minute: in a vault that is in use nothing needed is risked.
 * What is left of it goes with a later `vault check`.
 */
export async function tryDeletingProbe(
  store: ObjectStore,
  nowMs: number,
  signal?: AbortSignal,
): Promise<DeletionsTried> {
  const { retention, createOnly } = store.abilities;
  if (retention === undefined) return { tried: 0, refused: 0, deleted: [] };
  const key = `${probePrefix}${nowMs}-${randomHex(16)}`;
  const bytes = randomBytes(probeBytes);
  if (createOnly) await createOnly.create(key, bytes, signal);
  else await store.put(key, bytes, signal);
  // stores keep whole seconds
  await retention.retain(key, Math.ceil((nowMs + probeRetainedMs) / 1000) * 1000, signal);
  return await tryDeleting(store, [key], signal);
}

/** What the store does not refuse is gone: only for vaults of which nothing is needed. */
export async function tryDeleting(
  store: ObjectStore,
  keys: readonly string[],
  signal?: AbortSignal,
): Promise<DeletionsTried> {
  const deleted: string[] = [];
  for (const key of keys) {
    signal?.throwIfAborted();
    if (!(await isRefused(store, key, signal))) deleted.push(key);
  }
  return { tried: keys.length, refused: keys.length - deleted.length, deleted };
}

async function isRefused(store: ObjectStore, key: string, signal?: AbortSignal): Promise<boolean> {
  const { versions } = store.abilities;
  try {
    if (versions === undefined) await store.delete(key, signal);
    else
      for (const { versionId } of await versionsOf(store, key, signal))
        await versions.deleteVersion(key, versionId, signal);
    return false;
  } catch (error) {
    if (!hasCode(error, 'OBJECT_RETAINED', 'STORE_DENIED')) throw error;
    return true;
  }
}

async function versionsOf({ abilities: { versions } }: ObjectStore, key: string, signal?: AbortSignal) {
  const all = versions === undefined ? [] : await Array.fromAsync(versions.listVersions(key, signal));
  return all.filter((version) => version.key === key && version.isCurrent);
}
