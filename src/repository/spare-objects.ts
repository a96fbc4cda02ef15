/**
 * Second copies, below `lifeboat/spare/`, of the few objects without which nothing opens: the config and the key
 * files, byte for byte. They hold no more than the originals do, and are looked at only where an original is missing
 * or damaged. Whoever takes a key away takes its copy away as well; stock restic knows nothing of copies and does not.
 * Therefore the copy of a key that is not there opens nothing as long as `keys/` holds any key at all: restic never
 * removes the last one. A key that is there and damaged was not removed: its copy stands in for it.
 */
import { hasCode } from '../error/lifeboat-error.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import type { SealKey } from '../seal/seal.ts';
import { loadConfig, type RepositoryConfig } from './config.ts';
import { listIds } from './index/load-index.ts';
import { keyFileProblem } from './key/manage-keys.ts';
import { type OpenedKey, openKey } from './key/open-key.ts';
import { objectKey } from './layout.ts';
import { spareKey, sparePrefix } from './spare-key.ts';

/** As `openKey`; when that fails, with copies of key files: of damaged ones, or of all when there are no key files. */
export async function openKeyOrSpare(
  store: ObjectStore,
  password: string,
  signal?: AbortSignal,
): Promise<OpenedKey> {
  try {
    return await openKey(store, password, signal);
  } catch (error) {
    if (!hasCode(error, 'WRONG_PASSWORD', 'OBJECT_DAMAGED', 'OBJECT_MISSING')) throw error;
    const opened = await openSpareKey(store, password, signal);
    if (opened) return opened;
    throw error;
  }
}

async function openSpareKey(
  store: ObjectStore,
  password: string,
  signal?: AbortSignal,
): Promise<OpenedKey | undefined> {
  const spares = spareView(store);
  const wanted = new Set<string>();
  for (const id of await replaceable(store, signal))
    if ((await stateOfKey(spares, id, signal)) === 'sound') wanted.add(objectKey('key', id));
  if (wanted.size === 0) return undefined;
  const view: ObjectStore = {
    ...spares,
    async *list(prefix, listSignal) {
      for await (const object of spares.list(prefix, listSignal)) if (wanted.has(object.key)) yield object;
    },
  };
  try {
    return await openKey(view, password, signal);
  } catch (error) {
    if (hasCode(error, 'WRONG_PASSWORD', 'OBJECT_DAMAGED', 'OBJECT_MISSING')) return undefined;
    throw error;
  }
}

/** Keys whose copy may stand in for them: never one that somebody may have removed. */
async function replaceable(store: ObjectStore, signal?: AbortSignal): Promise<readonly string[]> {
  const there = await listIds({ store }, 'key', signal);
  if (there.length === 0) return await listIds({ store: spareView(store) }, 'key', signal);
  const damaged: string[] = [];
  for (const id of there) if ((await stateOfKey(store, id, signal)) === 'damaged') damaged.push(id);
  return damaged;
}

async function stateOfKey(
  store: ObjectStore,
  id: string,
  signal?: AbortSignal,
): Promise<'sound' | 'damaged' | 'absent'> {
  try {
    const bytes = await store.get(objectKey('key', id), undefined, signal);
    return keyFileProblem(bytes, id) === undefined ? 'sound' : 'damaged';
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING')) return 'absent';
    if (hasCode(error, 'OBJECT_DAMAGED')) return 'damaged';
    throw error;
  }
}

/** As `loadConfig`; when that fails, from the copy. */
export async function loadConfigOrSpare(
  store: ObjectStore,
  key: SealKey,
  signal?: AbortSignal,
): Promise<RepositoryConfig> {
  try {
    return await loadConfig(store, key, signal);
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) throw error;
    try {
      return await loadConfig(spareView(store), key, signal);
    } catch (spareError) {
      if (hasCode(spareError, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) throw error;
      throw spareError;
    }
  }
}

/** The copies under the names of the originals. */
function spareView(store: ObjectStore): ObjectStore {
  return {
    ...store,
    get: (key, range, signal) => store.get(spareKey(key), range, signal),
    async *list(prefix, signal) {
      for await (const { key, size } of store.list(spareKey(prefix), signal))
        yield { key: key.slice(sparePrefix.length), size };
    },
  };
}
