import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { newMasterKey } from '../../seal/key-file.ts';
import { type RepositoryAccess, saveUnpacked } from '../unpacked.ts';
import { loadSnapshots } from './snapshot-list.ts';

const key = newMasterKey();

async function twoSnapshots() {
  const store = openMemoryStore();
  const access: RepositoryAccess = { store, key, version: 2 };
  const save = (time: string) =>
    saveUnpacked(
      access,
      'snapshot',
      Buffer.from(JSON.stringify({ time, tree: '0'.repeat(64), paths: ['/a'] })),
    );
  return { store, ids: [await save('2026-11-01T00:00:00Z'), await save('2026-11-02T00:00:00Z')] as const };
}

/** Somebody forgets the snapshot just before it is read. */
function forgettingBefore(store: ObjectStore, name: string, isListed: boolean): RepositoryAccess {
  const objects = { ...store };
  return {
    store: {
      ...objects,
      async get(each, range, signal) {
        if (each === name && !isListed) await store.delete(name);
        return await store.get(isListed && each === name ? `${name.slice(0, -1)}x` : each, range, signal);
      },
    },
    key,
    version: 2,
  };
}

test('a snapshot that is forgotten while the others are read is left out', async () => {
  const { store, ids } = await twoSnapshots();
  const found = await loadSnapshots(forgettingBefore(store, `snapshots/${ids[0]}`, false));
  assert.deepEqual(
    found.map(({ id }) => id),
    [ids[1]],
  );
});

test('a snapshot that is listed and not there is damage', async () => {
  const { store, ids } = await twoSnapshots();
  await assert.rejects(loadSnapshots(forgettingBefore(store, `snapshots/${ids[0]}`, true)), {
    code: 'OBJECT_MISSING',
  });
});
