import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { quickKdf, quickLocks } from '../../test/support/vault.ts';
import { openMemoryStore } from '../object-store/memory/memory-store.ts';
import { initVault, openVault } from './open-vault.ts';

test('the copy of a key that is removed while it is made does not stay', async () => {
  using folder = temporaryFolder();
  const store = openMemoryStore();
  const options = {
    ...{ store, password: 'one', kdf: quickKdf, workers: 1, lockTiming: quickLocks },
    ...{ nowMs: () => 0, stateFolder: folder.path, cacheDirectory: folder.path },
  };
  await using vault = await initVault({ ...options, role: 'primary' });
  const { id } = await vault.repository.addKey('two');
  const put = store.put.bind(store);
  const removing = {
    ...store,
    put: async (key: string, bytes: Uint8Array) => {
      // all of a removal lies between the look at the key and the writing of its copy
      if (key === `lifeboat/spare/keys/${id}`) await vault.repository.removeKey(id);
      await put(key, bytes);
    },
  };
  await using other = await openVault({ ...options, store: removing });
  await other.spares?.refresh();
  const left = await Array.fromAsync(store.list(''), ({ key }) => key);
  assert.deepEqual(
    left.filter((key) => key.includes(id)),
    [],
  );
  assert.equal(left.filter((key) => key.startsWith('lifeboat/spare/keys/')).length, 1);
});
