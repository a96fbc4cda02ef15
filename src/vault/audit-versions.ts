/**
 * A retention keeps a version, and a read gets the current one. Where a store keeps versions, a thief who may not delete
 * could put another content over what is needed: whatever was put more than once is read and compared with its name.
 */
import { createHash } from 'node:crypto';
import { hasCode } from '../error/lifeboat-error.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { repairsOf } from '../repository/repository.ts';
import type { NeededObject, Repository } from '../repository/repository-types.ts';

const prefixes = ['config', 'keys/', 'snapshots/', 'index/', 'data/'];

/** Keys of needed objects whose current version is not the one that is needed. Empty where there are no versions. */
export async function replacedObjects(
  store: ObjectStore,
  repository: Repository,
  needed: readonly NeededObject[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const sizes = new Map(needed.map(({ key, size }) => [key, size]));
  const doubtful = await putMoreThanOnce(store, new Set(sizes.keys()), signal);
  const replaced: string[] = [];
  for (const key of doubtful) {
    const bytes = await store.get(key, undefined, signal);
    const isRight = key === 'config' ? repairsOf(repository).isConfig(bytes) : isNamedByContent(key, bytes);
    if (!isRight) replaced.push(key);
  }
  return replaced;
}

async function putMoreThanOnce(
  store: ObjectStore,
  keys: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const { versions } = store.abilities;
  if (versions === undefined) return [];
  const counts = new Map<string, number>();
  try {
    for (const prefix of prefixes)
      for await (const { key } of versions.listVersions(prefix, signal))
        if (keys.has(key)) counts.set(key, (counts.get(key) ?? 0) + 1);
  } catch (error) {
    // the store has none: what is there is all there is
    if (!hasCode(error, 'STORE_UNFIT')) throw error;
  }
  return [...counts].filter(([, count]) => count > 1).map(([key]) => key);
}

function isNamedByContent(key: string, bytes: Buffer): boolean {
  return key.endsWith(`/${createHash('sha256').update(bytes).digest('hex')}`);
}
