/** Takes packs out of the index and then away. What they held and is needed must be durable and indexed elsewhere. */
import { hasCode } from '../../error/lifeboat-error.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { objectKey } from '../layout.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { anatomyOf } from './anatomy.ts';
import { writeIndexFiles } from './repair-index.ts';

/**
 * Returns the keys of what the store keeps until a date. A pack that such an index file still names stays as well: a
 * damaged pack is no worse than one that is named and gone.
 */
export async function dropPacks(
  access: RepositoryAccess,
  packIds: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  if (packIds.size === 0) return [];
  const { files, packs } = await anatomyOf(access, signal);
  const touched = [...files].filter(([, entries]) => entries.some(({ id }) => packIds.has(id)));
  const left = touched.flatMap(([, entries]) => entries.filter(({ id }) => !packIds.has(id)));
  await writeIndexFiles(access, left, signal);
  const kept: string[] = [];
  const named = new Set<string>();
  for (const [id, entries] of touched) {
    if (await isDeleted(access.store, objectKey('index', id), signal)) continue;
    kept.push(objectKey('index', id));
    for (const pack of entries) named.add(pack.id);
  }
  for (const id of packIds) {
    if (!packs.has(id)) continue;
    const key = objectKey('pack', id);
    if (named.has(id) || !(await isDeleted(access.store, key, signal))) kept.push(key);
  }
  return kept;
}

/** False when the store keeps it. */
export async function isDeleted(store: ObjectStore, key: string, signal?: AbortSignal): Promise<boolean> {
  try {
    await store.delete(key, signal);
    return true;
  } catch (error) {
    if (hasCode(error, 'OBJECT_RETAINED')) return false;
    throw error;
  }
}
