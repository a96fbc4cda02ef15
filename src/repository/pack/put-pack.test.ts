import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { backUp, makeVault } from '../../../test/support/vault.ts';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';
import { copySnapshots } from '../repository.ts';
import { freshView, sessionOf } from '../session.ts';

const dataPackClass = 'GLACIER_IR';

test('packs of data go into the class of the vault, by backup and by copy, and nothing else does', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'a.txt'), 'a');
  const stores = [0, 1].map(() => openMemoryStore([], { classes: true }));
  const [first, second] = stores;
  assert.ok(first && second);
  await using from = await makeVault(first, { dataPackClass });
  await using to = await makeVault(second, { dataPackClass });
  const { snapshot } = await backUp(from, folder.path);
  const { targets } = await copySnapshots(from, [{ repository: to, snapshotIds: [snapshot.id] }]);
  assert.equal(targets[0]?.copied.length, 1);
  for (const [repository, store] of [
    [from, first],
    [to, second],
  ] as const) {
    const { index } = await freshView(sessionOf(repository));
    const types = new Map([...index.entries()].map(({ packId, type }) => [packId, type]));
    assert.deepEqual([...types.values()].sort(), ['data', 'tree']);
    for (const key of store.objects.keys()) {
      const isData = types.get(key.slice(key.lastIndexOf('/') + 1)) === 'data';
      const found = await store.abilities.storageClasses?.classOf(key);
      assert.equal(found === dataPackClass, isData, key);
    }
  }
});

test('a store without the class is said to be unfit, before anything counts', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'a.txt'), 'a');
  await using vault = await makeVault(openMemoryStore(), { dataPackClass });
  await assert.rejects(backUp(vault, folder.path), { code: 'STORE_UNFIT' });
  assert.deepEqual(await vault.snapshotIds(), []);
});
