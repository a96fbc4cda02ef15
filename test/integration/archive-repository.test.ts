/** A repository whose data lie in an archive class: the store there is the one in memory, with S3's hours and a clock that moves. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { type MemoryStore, openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { copySnapshots } from '../../src/repository/repository.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault, openVault, restoreTo } from '../support/vault.ts';

const hour = 3_600_000;
const dataPackClass = 'GLACIER';
const packBytesTarget = 64 * 1024;

let nowMs = 0;
let store: MemoryStore;
beforeEach(() => {
  nowMs = Date.UTC(2026, 0, 1);
  store = openMemoryStore([], { classes: true, nowMs: () => nowMs });
});

async function classesOf(place: ObjectStore, prefix: string): Promise<readonly string[]> {
  const classes = new Set<string>();
  for await (const { key } of place.list(prefix))
    classes.add((await place.abilities.storageClasses?.classOf(key)) ?? 'none');
  return [...classes].sort();
}

async function packClasses(place: ObjectStore, kind: 'tree' | 'data'): Promise<readonly string[]> {
  await using repository = await openVault(place);
  const folders = new Set((await repository.packsOfFolders()).map(({ key }) => key));
  const classes = new Set<string>();
  for await (const { key } of place.list('data/'))
    if (folders.has(key) === (kind === 'tree'))
      classes.add((await place.abilities.storageClasses?.classOf(key)) ?? 'none');
  return [...classes].sort();
}

function write(folder: string, seed: number): void {
  const random = seededRandom(seed);
  fs.mkdirSync(join(folder, 'deep'), { recursive: true });
  for (const name of ['a', 'deep/b', 'deep/c']) fs.writeFileSync(join(folder, name), random.bytes(150_000));
}

async function thawAll(keys: Iterable<string>): Promise<void> {
  for (const key of keys) await store.abilities.thaw?.thaw(key, 'standard', 1);
}

test('data are cold; folders, index, snapshots and keys are not', async () => {
  using folder = temporaryFolder();
  write(folder.path, 1);
  await using vault = await makeVault(store, { dataPackClass, packBytesTarget });
  await backUp(vault, folder.path);
  assert.deepEqual(await packClasses(store, 'data'), ['GLACIER']);
  assert.deepEqual(await packClasses(store, 'tree'), ['STANDARD']);
  for (const prefix of ['index/', 'snapshots/', 'keys/', 'config'])
    assert.deepEqual(await classesOf(store, prefix), ['STANDARD']);
});

test('a restore refuses before it writes, names what it needs, and comes back when that is thawed', async () => {
  using folder = temporaryFolder();
  write(folder.path, 2);
  await using vault = await makeVault(store, { dataPackClass, packBytesTarget });
  const { snapshot } = await backUp(vault, folder.path);
  const target = `${folder.path}-back`;
  await assert.rejects(restoreTo(vault, snapshot, target), {
    code: 'OBJECT_COLD',
    message: /must be thawed/,
  });
  assert.equal(fs.existsSync(target), false);
  const all = await vault.packsOfRestore(snapshot);
  const some = await vault.packsOfRestore(snapshot, {
    select: (path, isDirectory) =>
      path.toString().endsWith('/a') ? 'take' : isDirectory ? 'descend' : 'skip',
  });
  assert.ok(some.length > 0 && some.length < all.length, `${some.length} of ${all.length}`);
  for (const { key, bytes } of all) assert.equal(bytes, (await store.stat(key)).size);
  await thawAll(all.map(({ key }) => key));
  nowMs += 4 * hour;
  await assert.rejects(restoreTo(vault, snapshot, target), { code: 'OBJECT_COLD' });
  nowMs += 2 * hour;
  try {
    assert.deepEqual((await restoreTo(vault, snapshot, target)).problems, []);
    assert.deepEqual(compareTrees(folder.path, join(target, folder.path)), []);
  } finally {
    fs.rmSync(target, { recursive: true, force: true });
  }
});

test('a check counts cold packs as not read, and reads the rest', async () => {
  using folder = temporaryFolder();
  write(folder.path, 3);
  await using vault = await makeVault(store, { dataPackClass, packBytesTarget });
  const { snapshot } = await backUp(vault, folder.path);
  const needed = await vault.packsOfRestore(snapshot);
  const cold = await vault.check({ readData: 'all' });
  assert.deepEqual(cold.errors, []);
  assert.equal(cold.coldPackIds.length, needed.length);
  assert.equal(cold.packsRead, cold.packs - needed.length);
  assert.equal(cold.soundPackIds.length, cold.packsRead);
  const [first] = needed;
  assert.ok(first);
  await thawAll([first.key]);
  nowMs += 6 * hour;
  const warm = await vault.check({ readData: 'all' });
  assert.equal(warm.coldPackIds.length, needed.length - 1);
  assert.ok(warm.soundPackIds.some((id) => first.key.endsWith(id)));
});

test('reading back says how much could not be read; what was read before it went cold counts', async () => {
  using folder = temporaryFolder();
  write(folder.path, 4);
  await using vault = await makeVault(store, { dataPackClass, packBytesTarget });
  const { snapshot } = await backUp(vault, folder.path);
  const needed = await vault.packsOfRestore(snapshot);
  const report = await vault.readBack([snapshot.id]);
  assert.deepEqual(report.snapshots, [{ id: snapshot.id, errors: [], coldPacks: needed.length }]);
  const alreadyRead = new Set(needed.map(({ key }) => key.slice(-64)));
  const known = await vault.readBack([snapshot.id], { alreadyRead, sample: { packs: 3, bytes: 1e9 } });
  assert.deepEqual(known.snapshots, [{ id: snapshot.id, errors: [], coldPacks: 0 }]);
  assert.equal(
    known.readPackIds.some((id) => alreadyRead.has(id)),
    false,
  );
});

test('copies put data into the class as well', async () => {
  using folder = temporaryFolder();
  write(folder.path, 5);
  const warm = openMemoryStore();
  await using from = await makeVault(warm, { packBytesTarget });
  const { snapshot } = await backUp(from, folder.path);
  await using to = await makeVault(store, { dataPackClass, packBytesTarget });
  const report = await copySnapshots(from, [{ repository: to, snapshotIds: [snapshot.id] }]);
  assert.equal(report.targets[0]?.copied.length, 1);
  assert.deepEqual(await packClasses(store, 'data'), ['GLACIER']);
  assert.deepEqual(await packClasses(store, 'tree'), ['STANDARD']);
});

test('a prune removes whole cold packs and rewrites none', async () => {
  using folder = temporaryFolder();
  write(folder.path, 6);
  await using vault = await makeVault(store, { dataPackClass, packBytesTarget: 1024 * 1024, workers: 1 });
  const first = await backUp(vault, folder.path);
  fs.writeFileSync(join(folder.path, 'deep/b'), seededRandom(7).bytes(150_000));
  const second = await backUp(vault, folder.path);
  await vault.forget([first.snapshot.id]);
  const before = new Set([...store.objects.keys()].filter((key) => key.startsWith('data/')));
  const report = await vault.prune({ graceMs: 0, nowMs, maxUnused: { percent: 0 } });
  const cold = new Set((await vault.packsOfRestore(second.snapshot)).map(({ key }) => key));
  assert.ok(
    [...cold].every((key) => before.has(key)),
    'what is needed lies where it lay',
  );
  assert.ok(report.wastedBytes > 0, 'what is wasted in cold packs stays, and is told');
  await vault.forget([second.snapshot.id]);
  await vault.prune({ graceMs: 0, nowMs });
  await vault.prune({ graceMs: 0, nowMs });
  assert.deepEqual(
    [...store.objects.keys()].filter((key) => cold.has(key)),
    [],
  );
});

test('a copy from an archive class names what must be thawed, and succeeds while it can be read', async () => {
  using folder = temporaryFolder();
  write(folder.path, 8);
  await using from = await makeVault(store, { dataPackClass, packBytesTarget });
  const { snapshot } = await backUp(from, folder.path);
  await using to = await makeVault(openMemoryStore(), { packBytesTarget });
  const copy = () => copySnapshots(from, [{ repository: to, snapshotIds: [snapshot.id] }]);
  const refused = (await copy()).targets[0];
  assert.deepEqual([refused?.copied, refused?.failed[0]?.error.code], [[], 'COPY_INCOMPLETE']);
  assert.match(refused?.failed[0]?.error.message ?? '', /must be thawed first/);
  assert.deepEqual(await to.snapshotIds(), []);
  await thawAll((await from.packsOfRestore(snapshot)).map(({ key }) => key));
  nowMs += 6 * hour;
  const done = (await copy()).targets[0];
  assert.deepEqual([done?.copied.length, done?.failed], [1, []]);
});
