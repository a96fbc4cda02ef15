import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { compareTrees } from '../../../test/support/compare-trees.ts';
import { seededRandom } from '../../../test/support/seeded-random.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { backUp, makeVault, openVault, restoreTo } from '../../../test/support/vault.ts';
import { withFaults } from '../../object-store/fault.ts';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';
import { copySnapshots } from '../repository.ts';
import type { Repository } from '../repository-types.ts';
import { freshView, sessionOf } from '../session.ts';

const options = { packBytesTarget: 200 * 1024, workers: 2 };
const ignore = ['root', 'mtime'] as const;

function writeTree(folder: string, seed: number, files = 12): void {
  const random = seededRandom(seed);
  for (let file = 0; file < files; file++) {
    const path = join(folder, `folder-${file % 4}/${file % 3}/file-${file}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, random.bytes(random.below(150_000)));
  }
}

async function assertSame(vault: Repository, snapshotId: string, folder: string): Promise<void> {
  using target = temporaryFolder();
  const report = await restoreTo(vault, snapshotId, target.path, { verify: true });
  assert.deepEqual(report.problems, []);
  assert.deepEqual(compareTrees(folder, join(target.path, folder), { ignore }), []);
  assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
}

const seeds = [1, 2, 3];
for (const seed of seeds) {
  test(`two targets with keys and polynomials of their own get the same trees (seed ${seed})`, async () => {
    using folder = temporaryFolder();
    writeTree(folder.path, seed);
    await using from = await makeVault(openMemoryStore(), options);
    const first = await backUp(from, folder.path, { tags: ['a', 'b'], excludes: ['*.tmp'] });
    writeTree(folder.path, seed + 100, 20);
    const second = await backUp(from, folder.path, { parent: first.snapshot });
    await using near = await makeVault(openMemoryStore(), options);
    await using far = await makeVault(openMemoryStore(), { ...options, version: 1 });
    assert.notEqual(near.chunkerPolynomial, from.chunkerPolynomial);
    const snapshotIds = [second.snapshot.id];
    const both = [
      { repository: near, snapshotIds: [first.snapshot.id, second.snapshot.id] },
      { repository: far, snapshotIds },
    ];
    const report = await copySnapshots(from, both);
    assert.deepEqual(
      report.targets.map(({ copied, failed, error }) => [copied.map(({ isNew }) => isNew), failed, error]),
      [
        [[true, true], [], undefined],
        [[true], [], undefined],
      ],
    );
    const [inNear, inFar] = report.targets.map(({ copied }) => copied.at(-1)?.snapshot);
    assert.ok(inNear && inFar);
    const { id, parent: _parent, ...fields } = await from.snapshot(second.snapshot.id);
    const { id: _id, ...stored } = await near.snapshot(inNear.id);
    assert.deepEqual(stored, { ...fields, original: id });
    await assertSame(near, inNear.id, folder.path);
    await assertSame(far, inFar.id, folder.path);
    const again = await copySnapshots(from, both);
    assert.equal(again.bytesRead, 0);
    assert.deepEqual(
      again.targets.map(({ copied, bytesStored }) => [copied.map(({ isNew }) => isNew), bytesStored]),
      [
        [[false, false], 0],
        [[false], 0],
      ],
    );
    const back = await copySnapshots(near, [{ repository: from, snapshotIds: [inNear.id] }]);
    assert.deepEqual(
      back.targets[0]?.copied.map(({ isNew, snapshot }) => [isNew, snapshot.id]),
      [[false, second.snapshot.id]],
    );
  });
}

test('each stretch of the source is read once for all targets, and what a target has is not read', async () => {
  using folder = temporaryFolder();
  writeTree(folder.path, 7, 30);
  const store = openMemoryStore();
  await using from = await makeVault(store, options);
  const { snapshot } = await backUp(from, folder.path);
  const targets: Repository[] = [];
  for (let n = 0; n < 3; n++) targets.push(await makeVault(openMemoryStore(), options));
  const snapshotIds = [snapshot.id];
  const report = await copySnapshots(
    from,
    targets.map((repository) => ({ repository, snapshotIds })),
  );
  const dataBytes = [...store.objects].reduce(
    (sum, [key, { length }]) => sum + (key.startsWith('data/') ? length : 0),
    0,
  );
  assert.ok(report.bytesRead <= dataBytes, `${report.bytesRead} of ${dataBytes}`);
  assert.ok(report.bytesRead > dataBytes * 0.9);
  await using half = await makeVault(openMemoryStore(), options);
  await backUp(half, join(folder.path, 'folder-1'));
  const third = await copySnapshots(from, [{ repository: half, snapshotIds }]);
  assert.equal(third.targets[0]?.copied.length, 1);
  await assertSame(half, third.targets[0]?.copied[0]?.snapshot.id ?? '', folder.path);
  for (const target of targets) await target[Symbol.asyncDispose]();
});

test('trees and data lie in packs of their own in the copy', async () => {
  using folder = temporaryFolder();
  writeTree(folder.path, 8);
  await using from = await makeVault(openMemoryStore(), options);
  const { snapshot } = await backUp(from, folder.path);
  const store = openMemoryStore();
  await using to = await makeVault(store, options);
  await copySnapshots(from, [{ repository: to, snapshotIds: [snapshot.id] }]);
  const { index } = await freshView(sessionOf(to));
  const types = new Map<string, Set<string>>();
  for (const { packId, type } of index.entries())
    types.set(packId, (types.get(packId) ?? new Set()).add(type));
  assert.ok(types.size > 2);
  assert.deepEqual(
    [...types.values()].filter(({ size }) => size !== 1),
    [],
  );
});

test('a target that fails half-way does not keep the other from its copy, and resumes later', async () => {
  using folder = temporaryFolder();
  writeTree(folder.path, 9, 40);
  await using from = await makeVault(openMemoryStore(), options);
  const { snapshot } = await backUp(from, folder.path);
  const snapshotIds = [snapshot.id];
  const inner = openMemoryStore();
  await (await makeVault(inner, options))[Symbol.asyncDispose]();
  const faulty = withFaults(openMemoryStore(inner.objects), [
    { kind: 'fail', operation: 'put', keyPrefix: 'data/', nth: 5, times: 1000 },
  ]);
  await using weak = await openVault(faulty, options);
  await using good = await makeVault(openMemoryStore(), options);
  const report = await copySnapshots(from, [
    { repository: weak, snapshotIds },
    { repository: good, snapshotIds },
  ]);
  assert.equal(report.targets[0]?.error?.code, 'STORE_UNAVAILABLE');
  assert.deepEqual(report.targets[0]?.copied, []);
  assert.deepEqual(await weak.snapshotIds(), []);
  await assertSame(good, report.targets[1]?.copied[0]?.snapshot.id ?? '', folder.path);
});

test('a copy cut short goes on from its last index', async () => {
  using folder = temporaryFolder();
  writeTree(folder.path, 10, 60);
  await using from = await makeVault(openMemoryStore(), options);
  const { snapshot } = await backUp(from, folder.path);
  const target = [snapshot.id];
  const store = openMemoryStore();
  await using to = await makeVault(store, options);
  const abort = new AbortController();
  const batchBytes = 400_000;
  const cut = copySnapshots(from, [{ repository: to, snapshotIds: target }], {
    batchBytes,
    signal: abort.signal,
    progress: ({ doneBytes }) => {
      if (doneBytes > 1_500_000) abort.abort(new Error('cut by the test'));
    },
  });
  await assert.rejects(cut, /cut by the test/);
  assert.deepEqual(await to.snapshotIds(), []);
  const whole = await copySnapshots(from, [
    { repository: await makeVault(openMemoryStore(), options), snapshotIds: target },
  ]);
  const rest = await copySnapshots(from, [{ repository: to, snapshotIds: target }], { batchBytes });
  assert.ok(rest.bytesRead < whole.bytesRead - 800_000, `${rest.bytesRead} of ${whole.bytesRead}`);
  await assertSame(to, rest.targets[0]?.copied[0]?.snapshot.id ?? '', folder.path);
});

test('a damaged blob keeps back the snapshots that need it, by name, and no other', async () => {
  using folder = temporaryFolder();
  writeTree(folder.path, 11, 10);
  const store = openMemoryStore();
  await using from = await makeVault(store, options);
  const first = await backUp(from, join(folder.path, 'folder-0'));
  const packsBefore = new Set([...store.objects.keys()].filter((key) => key.startsWith('data/')));
  const second = await backUp(from, join(folder.path, 'folder-1'));
  const damagedKey = [...store.objects.keys()]
    .filter((key) => key.startsWith('data/') && !packsBefore.has(key))
    .toSorted((a, b) => (store.objects.get(b)?.length ?? 0) - (store.objects.get(a)?.length ?? 0))[0];
  assert.ok(damagedKey);
  const bytes = Buffer.from(await store.get(damagedKey));
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await store.put(damagedKey, bytes);
  await using to = await makeVault(openMemoryStore(), options);
  const snapshotIds = [second.snapshot.id, first.snapshot.id];
  const report = await copySnapshots(from, [{ repository: to, snapshotIds }]);
  assert.deepEqual(
    report.targets[0]?.copied.map((copy) => copy.from),
    [first.snapshot.id],
  );
  const [failed, ...others] = report.targets[0]?.failed ?? [];
  assert.deepEqual([failed?.from, failed?.error.code, others], [second.snapshot.id, 'COPY_INCOMPLETE', []]);
  assert.match(failed?.error.message ?? '', new RegExp(`data blob [0-9a-f]{64} in ${damagedKey}`));
  assert.equal((await to.snapshotIds()).length, 1);
  await assertSame(to, report.targets[0]?.copied[0]?.snapshot.id ?? '', join(folder.path, 'folder-0'));
});
