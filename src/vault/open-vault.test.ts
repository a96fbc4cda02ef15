import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { quickKdf } from '../../test/support/vault.ts';
import { hasCode } from '../error/lifeboat-error.ts';
import { isStoreCut, withFaults } from '../object-store/fault.ts';
import { openMemoryStore } from '../object-store/memory/memory-store.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { initVault, openVault } from './open-vault.ts';

const operationsMax = 100;
const password = 'the same both times';

function optionsFor(store: ObjectStore, folder: string) {
  const places = { stateFolder: join(folder, 'state'), cacheDirectory: join(folder, 'cache') };
  return { store, password, kdf: quickKdf, workers: 1, role: 'primary', nowMs: () => 0, ...places } as const;
}

async function keysBelow(store: ObjectStore, prefix: string): Promise<readonly string[]> {
  return (await Array.fromAsync(store.list(prefix))).map(({ key }) => key);
}

/** Whether the init was cut off. */
async function cutInit(store: ObjectStore, folder: string, after: number): Promise<boolean> {
  try {
    await initVault(optionsFor(withFaults(store, [{ kind: 'cut', after }]), folder));
    return false;
  } catch (error) {
    if (!isStoreCut(error)) throw error;
    return true;
  }
}

test('wherever an init is cut off, the place can be initialised again, or is a whole vault', async () => {
  using folder = temporaryFolder();
  let cuts = 0;
  let finished = false;
  for (; !finished && cuts < operationsMax; cuts++) {
    const store = openMemoryStore();
    finished = !(await cutInit(store, folder.path, cuts));
    const options = optionsFor(store, folder.path);
    const isWhole = (await keysBelow(store, 'config')).length > 0;
    if (isWhole) await assert.rejects(initVault(options), (error) => hasCode(error, 'VAULT_EXISTS'));
    else await (await initVault(options))[Symbol.asyncDispose]();
    await using vault = await openVault(options);
    assert.equal(vault.file?.role, 'primary', `cut after ${cuts} operations`);
    assert.equal((await keysBelow(store, 'keys/')).length, 1);
  }
  assert.ok(finished);
  assert.ok(cuts > 5, 'an init has several operations');
});

test('a place that holds data, several keys or records is not initialised, though its config is gone', async () => {
  using folder = temporaryFolder();
  const id = 'ab'.repeat(32);
  const places = [
    [`data/ab/${id}`],
    [`snapshots/${id}`],
    [`index/${id}`],
    [`keys/${id}`, `keys/${'cd'.repeat(32)}`],
    ['lifeboat/vault.json', 'lifeboat/plan/v1-00ff'],
  ];
  for (const objects of places) {
    const store = openMemoryStore();
    for (const key of objects) await store.put(key, Buffer.from('x'));
    const making = initVault(optionsFor(store, folder.path));
    await assert.rejects(making, (error) => hasCode(error, 'VAULT_EXISTS'), objects.join());
    assert.deepEqual((await keysBelow(store, '')).toSorted(), objects.toSorted());
  }
});
