import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { testRun, tickingClock } from '../../test/support/test-run.ts';
import { quickKdf } from '../../test/support/vault.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { sharedFields } from '../evidence/run-context.ts';
import { type MemoryStore, openMemoryStore } from '../object-store/memory/memory-store.ts';
import { initVault, openVault } from './open-vault.ts';
import type { VaultFile } from './vault-file.ts';

const nowMs = tickingClock();
const plain = 'lifeboat/vault.json';
const copy = 'lifeboat/spare/vault.json';

function optionsFor(store: MemoryStore, folder: string) {
  const places = { stateFolder: join(folder, 'state'), cacheDirectory: join(folder, 'cache') };
  return { store, password: 'x', kdf: quickKdf, workers: 1, role: 'secondary', nowMs, ...places } as const;
}

async function vaultWithRecord(store: MemoryStore, folder: string): Promise<VaultFile | undefined> {
  await using vault = await initVault(optionsFor(store, folder));
  const shared = { ...sharedFields(testRun(nowMs), vault.id), ...recordTimes(nowMs(), nowMs()) };
  await vault.append({ type: 'key', ...shared, verdict: 'pass', action: 'add', keyId: 'ab'.repeat(32) });
  return vault.file;
}

async function flip(store: MemoryStore, key: string): Promise<void> {
  const bytes = await store.get(key);
  bytes[5] = (bytes[5] ?? 0) ^ 1;
  await store.put(key, bytes);
}

/** Still JSON, and it names another vault. */
async function renamed(store: MemoryStore, key: string): Promise<void> {
  const text = (await store.get(key)).toString('utf8');
  await store.put(key, Buffer.from(text.replace(/"id": "./, (start) => `${start.slice(0, -1)}x`)));
}

const remove = async (store: MemoryStore, key: string): Promise<void> => store.delete(key);

for (const [what, findings, damage] of [
  ['both flipped', 2, [[flip, plain] as const, [flip, copy] as const]],
  ['both gone', 1, [[remove, plain] as const, [remove, copy] as const]],
  ['the copy gone and the id of the original wrong', 1, [[renamed, plain] as const, [remove, copy] as const]],
] as const)
  test(`a vault is known by its records with vault.json lost: ${what}`, async () => {
    using folder = temporaryFolder();
    const store = openMemoryStore();
    const options = optionsFor(store, folder.path);
    const written = await vaultWithRecord(store, folder.path);
    for (const [harm, key] of damage) await harm(store, key);
    rmSync(join(folder.path, 'cache'), { recursive: true, force: true });
    {
      await using vault = await openVault(options);
      assert.equal(vault.id, written?.id);
      const { records, problems } = await vault.records();
      assert.deepEqual([records.length, problems], [1, []]);
      assert.equal((await vault.spares?.check(true))?.length, findings);
      await vault.spares?.mend({ removed: new Set(), lost: new Set() });
    }
    await using mended = await openVault(options);
    assert.deepEqual(await mended.spares?.check(true), []);
    assert.equal(mended.file?.id, written?.id);
  });

test('what is no JSON and what no record tells of is an error, and without both the place is a plain repository', async () => {
  using folder = temporaryFolder();
  const store = openMemoryStore();
  const options = optionsFor(store, folder.path);
  await (await initVault(options))[Symbol.asyncDispose]();
  await flip(store, plain);
  await flip(store, copy);
  await assert.rejects(openVault(options), { code: 'OBJECT_DAMAGED' });
  await store.delete(plain);
  await store.delete(copy);
  await using vault = await openVault(options);
  assert.equal(vault.file, undefined);
});
