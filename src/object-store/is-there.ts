/** Asks for an object that may be missing. Both raise what the store raises for anything else. */
import { hasCode } from '../error/lifeboat-error.ts';
import type { ObjectStat, ObjectStore } from './object-store.ts';

export async function isThere(
  store: Pick<ObjectStore, 'stat'>,
  key: string,
  signal?: AbortSignal,
): Promise<boolean> {
  return (await statIfThere(store, key, signal)) !== undefined;
}

export async function statIfThere(
  store: Pick<ObjectStore, 'stat'>,
  key: string,
  signal?: AbortSignal,
): Promise<ObjectStat | undefined> {
  try {
    return await store.stat(key, signal);
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING')) return undefined;
    throw error;
  }
}
