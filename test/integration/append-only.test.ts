import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { appendOnly } from '../../src/object-store/append-only.ts';
import { withFaults } from '../../src/object-store/fault.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { initVault, openVault } from '../../src/vault/open-vault.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { makeRandomTree } from '../support/random-tree.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, quickKdf, quickLocks, restoreTo } from '../support/vault.ts';
import { initRecord } from './some-record.ts';

const seed = 20_260_101;

for (const [name, make] of [
  ['memory', () => openMemoryStore()],
  ['memory with classes', () => openMemoryStore([], { versioned: true, classes: true })],
  ['local', (folder: string) => openLocalStore(join(folder, 'vault'))],
] as const) {
  test(`${name}: all that a machine does which only adds works through the wrapper`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    using folder = temporaryFolder();
    await useVault(make(folder.path), folder.path, name.includes('classes') ? 'GLACIER_IR' : undefined);
  });
}

async function useVault(inner: ObjectStore, folder: string, dataPackClass?: string): Promise<void> {
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  makeRandomTree(tree, { seed, files: 12, fileBytesMax: 300_000, rawLinkTargets: false });
  const options = {
    store: appendOnly(inner),
    password: 'a password',
    kdf: quickKdf,
    lockTiming: quickLocks,
    workers: 1,
    role: 'primary' as const,
    nowMs: () => 0,
    stateFolder: join(folder, 'state'),
    cacheDirectory: join(folder, 'cache'),
    ...(dataPackClass === undefined ? {} : { dataPackClass }),
  };
  await (await initVault(options))[Symbol.asyncDispose]();
  await using vault = await openVault(options);
  const first = await backUp(vault.repository, tree);
  writeFileSync(join(tree, 'added'), 'later');
  const second = await backUp(vault.repository, tree);
  await vault.append(initRecord(vault.id, 'one'));
  await vault.append(initRecord(vault.id, 'two'));
  const plan = { planId: 'p', planHash: `v1:${'0'.repeat(64)}`, fileName: 'f', text: 't', savedAtMs: 1 };
  await Promise.all([vault.plans.save(plan), vault.plans.save({ ...plan, savedAtMs: 2 })]);
  await vault.repository.addKey('another');
  const report = await vault.repository.check({ readData: 'all' });
  assert.deepEqual(report.errors, []);
  const target = join(folder, 'target');
  await restoreTo(vault.repository, second.snapshot.id, target);
  assert.deepEqual(compareTrees(tree, join(target, tree), { ignore: ['hard links'] }), []);
  assert.equal((await vault.records()).records.length, 2);
  assert.deepEqual((await vault.records()).problems, []);
  assert.equal((await vault.plans.list()).length, 1);
  assert.deepEqual(
    [...(await vault.repository.snapshotIds())].sort(),
    [first.snapshot.id, second.snapshot.id].sort(),
  );
  assert.deepEqual(await Array.fromAsync(inner.list('locks/')), []);
  if (dataPackClass !== undefined) await checkClassOfPacks(inner, dataPackClass);
}

async function checkClassOfPacks(inner: ObjectStore, dataPackClass: string): Promise<void> {
  const classes = new Set<string | undefined>();
  for await (const { key } of inner.list('data/'))
    classes.add(await inner.abilities.storageClasses?.classOf(key));
  assert.deepEqual([...classes].sort(), [dataPackClass, 'STANDARD'].sort());
}

test('a record whose answer was lost is delivered once, though it is sealed anew', async () => {
  using folder = temporaryFolder();
  const inner = openMemoryStore();
  const options = {
    password: 'a password',
    kdf: quickKdf,
    workers: 1,
    role: 'primary' as const,
    nowMs: () => 0,
    stateFolder: join(folder.path, 'state'),
    cacheDirectory: join(folder.path, 'cache'),
  };
  await (await initVault({ ...options, store: appendOnly(inner) }))[Symbol.asyncDispose]();
  const lossy = withFaults(inner, [
    { kind: 'fail-after', operation: 'put', keyPrefix: 'lifeboat/evidence/', nth: 1 },
  ]);
  await using vault = await openVault({ ...options, store: appendOnly(lossy) });
  await assert.rejects(vault.append(initRecord(vault.id, 'one')), { code: 'STORE_UNAVAILABLE' });
  await vault.append(initRecord(vault.id, 'two'));
  const { records, problems } = await vault.records();
  assert.deepEqual(records.map(({ id }) => id).sort(), ['one', 'two']);
  assert.deepEqual(problems, []);
});

test('an init that was cut before the first key is continued with the file that it left', async () => {
  using folder = temporaryFolder();
  const inner = openMemoryStore();
  const options = {
    password: 'a password',
    kdf: quickKdf,
    workers: 1,
    nowMs: () => 0,
    stateFolder: join(folder.path, 'state'),
    cacheDirectory: join(folder.path, 'cache'),
  };
  const cut = withFaults(inner, [{ kind: 'fail', operation: 'put', keyPrefix: 'keys/', nth: 1 }]);
  await assert.rejects(initVault({ ...options, role: 'primary', store: appendOnly(cut) }));
  assert.deepEqual([...inner.objects.keys()], ['lifeboat/vault.json']);
  await assert.rejects(initVault({ ...options, role: 'archive', store: appendOnly(inner) }), {
    code: 'OBJECT_EXISTS',
  });
  await using vault = await initVault({ ...options, role: 'primary', store: appendOnly(inner) });
  assert.equal(inner.objects.get('lifeboat/vault.json')?.includes(vault.id), true);
});
