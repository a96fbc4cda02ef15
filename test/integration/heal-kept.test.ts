/** A store keeps damaged packs and the index that names them: healing makes them anew, and prune must not undo it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBackSnapshot } from '../../src/backup/read-back-snapshot.ts';
import { healVault } from '../../src/heal/heal-vault.ts';
import { previewHealing } from '../../src/heal/preview-healing.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { suspectedPacks } from '../../src/recovery-point/known-damage.ts';
import { initVault } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { testPassword } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testRun, tickingClock } from '../support/test-run.ts';
import { backUp, quickKdf, quickLocks, restoreTo } from '../support/vault.ts';

const nowMs = tickingClock();
const run = testRun(nowMs);

async function makeVault(folder: string, name: string, store: ObjectStore): Promise<Vault> {
  return await initVault({
    ...{ store, password: testPassword, nowMs, lockTiming: quickLocks, workers: 1 },
    ...{ role: 'primary' as const, kdf: quickKdf },
    ...{ stateFolder: join(folder, name), cacheDirectory: join(folder, `${name}-cache`) },
  });
}

interface KeptScene extends AsyncDisposable {
  readonly vault: Vault;
  /** Keys of the damaged packs that the store kept, as it kept the index that names them. */
  readonly packs: readonly string[];
}

/** One file was backed up, every pack of it was damaged, and the vault was healed; the store kept all that there was. */
async function healedKept(folder: string): Promise<KeptScene> {
  const store = openMemoryStore([], { locked: true });
  const vault = await makeVault(folder, 'own', store);
  await using donor = await makeVault(folder, 'donor', openMemoryStore());
  writeFileSync(join(folder, 'file'), 'content');
  await backUp(vault.repository, join(folder, 'file'));
  await backUp(donor.repository, join(folder, 'file'));
  const packs = await Array.fromAsync(store.list('data/'), ({ key }) => key);
  const index = await Array.fromAsync(store.list('index/'), ({ key }) => key);
  for (const key of packs) {
    const bytes = await store.get(key);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await store.put(key, bytes);
  }
  for (const key of [...packs, ...index])
    await store.abilities.retention?.retain(key, Date.now() + 86_400_000);

  const healing = { vault, donors: [donor] };
  const { kept, lost, record, check } = await healVault(run, healing, await previewHealing(healing, nowMs()));
  assert.deepEqual([kept, lost], [[...packs, ...index].sort(), []]);
  assert.deepEqual([record.verdict, check.verdict], ['pass', 'pass'], 'what was made anew is read back');
  return { vault, packs, [Symbol.asyncDispose]: () => vault[Symbol.asyncDispose]() };
}

test('a backup after healing is read back, and restored, where the pieces were made anew, not from what the store kept', async () => {
  // which of two index files comes first is chance
  for (let round = 0; round < 8; round++) {
    using folder = temporaryFolder();
    await using scene = await healedKept(folder.path);
    const { snapshot } = await backUp(scene.vault.repository, join(folder.path, 'file'));
    const request = { run, vault: scene.vault, cacheDirectory: join(folder.path, 'read') };
    const { record, error } = await readBackSnapshot(request, snapshot.id);
    assert.equal(error, undefined);
    assert.deepEqual([record.verdict, record.snapshotIds], ['pass', [snapshot.id]]);
    const { problems } = await restoreTo(scene.vault.repository, snapshot, join(folder.path, 'restored'));
    assert.deepEqual(problems, []);
  }
});

test('prune gives up the damaged packs that the store kept, and an audit asks for what they were made anew as', async () => {
  using folder = temporaryFolder();
  await using scene = await healedKept(folder.path);
  const { vault, packs } = scene;
  const { records } = await vault.records();
  const suspected = suspectedPacks(records, nowMs());
  const preview = await vault.repository.previewPrune({ graceMs: 0, suspectedPacks: suspected });
  assert.deepEqual(
    preview.packs.map(({ id, kind }) => [`data/${id.slice(0, 2)}/${id}`, kind]).sort(),
    packs.map((key) => [key, 'unused']).sort(),
  );
  const groups = [{ group: 'all', snapshotIds: await vault.repository.snapshotIds() }];
  const needed = await vault.repository.neededObjects(groups, { suspectedPacks: suspected });
  const neededPacks = needed.objects.map(({ key }) => key).filter((key) => key.startsWith('data/'));
  assert.ok(neededPacks.length > 0);
  assert.deepEqual(
    neededPacks.filter((key) => packs.includes(key)),
    [],
    'an audit keeps the new ones from being deleted',
  );
});
