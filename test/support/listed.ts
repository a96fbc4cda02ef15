import type { ListedObject, ObjectStore } from '../../src/object-store/object-store.ts';

/** What every store tells in a list, without what only some can add. */
export async function listed(store: ObjectStore, prefix = ''): Promise<Pick<ListedObject, 'key' | 'size'>[]> {
  const found = await Array.fromAsync(store.list(prefix));
  return found.map(({ key, size }) => ({ key, size }));
}
