/** A copy is cut off after every single operation on source and target together; neither loses anything. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '../../src/error/lifeboat-error.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { thisProcess } from '../../src/repository/lock/lock-owner.ts';
import { copySnapshots } from '../../src/repository/repository.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { sharedCut } from '../support/shared-cut.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault, openVault, restoreTo } from '../support/vault.ts';

const seed = 815;
const options = { packBytesTarget: 100 * 1024, workers: 1 };
const operationsMax = 1000;
/** Restic looks at every so many. */
const resticEvery = 12;
const ignore = ['root', 'mtime'] as const;

type Objects = ReadonlyMap<string, Buffer>;

interface Scene {
  readonly root: string;
  readonly data: string;
  readonly source: Objects;
  readonly target: Objects;
  readonly older: string;
  readonly ids: readonly string[];
}

async function makeScene(root: string): Promise<Scene> {
  const random = seededRandom(seed);
  const data = join(root, 'data');
  const write = (name: string, bytes: number) => {
    mkdirSync(dirname(join(data, name)), { recursive: true });
    writeFileSync(join(data, name), random.bytes(bytes));
  };
  for (let file = 0; file < 8; file++) write(`folder-${file % 3}/file-${file}`, random.below(120_000));
  const source = openMemoryStore();
  const target = openMemoryStore();
  await using from = await makeVault(source, options);
  await using to = await makeVault(target, options);
  const first = await backUp(from, data);
  const older = await backUp(to, data);
  for (let file = 8; file < 14; file++) write(`folder-${file % 4}/file-${file}`, random.below(120_000));
  const second = await backUp(from, data, { parent: first.snapshot });
  const ids = [first.snapshot.id, second.snapshot.id];
  return {
    root,
    data,
    source: new Map(source.objects),
    target: new Map(target.objects),
    older: older.snapshot.id,
    ids,
  };
}

async function copyUntil(scene: Scene, operations: number) {
  const cut = sharedCut(operations);
  const [source, target] = [openMemoryStore(scene.source), openMemoryStore(scene.target)];
  const owner = { ...thisProcess(), pid: spawnSync('true').pid };
  try {
    await using from = await openVault(cut.wrap(source), { ...options, owner });
    await using to = await openVault(cut.wrap(target), { ...options, owner });
    await copySnapshots(from, [{ repository: to, snapshotIds: scene.ids }], { batchBytes: 150_000 });
  } catch (error) {
    if (!hasCode(error, 'STORE_UNAVAILABLE')) throw error;
  }
  return { isCut: cut.isCut(), source: source.objects, target: target.objects };
}

async function examine(scene: Scene, source: Objects, target: Objects): Promise<void> {
  const [sourceStore, targetStore] = [openMemoryStore(source), openMemoryStore(target)];
  await using from = await openVault(sourceStore, options);
  await using to = await openVault(targetStore, options);
  assert.deepEqual((await to.check({ readData: 'all' })).errors, []);
  assert.ok((await to.snapshotIds()).includes(scene.older));
  const { targets } = await copySnapshots(from, [{ repository: to, snapshotIds: scene.ids }]);
  assert.deepEqual([targets[0]?.failed, targets[0]?.error, targets[0]?.copied.length], [[], undefined, 2]);
  assert.equal((await to.snapshotIds()).length, 3);
  assert.deepEqual((await to.check({ readData: 'all' })).errors, []);
  const restored = join(scene.root, 'restored');
  await restoreTo(to, targets[0]?.copied[1]?.snapshot.id ?? '', restored);
  assert.deepEqual(compareTrees(scene.data, join(restored, scene.data), { ignore }), []);
  rmSync(restored, { recursive: true });
  for (const store of [sourceStore, targetStore])
    assert.deepEqual(await Array.fromAsync(store.list('locks/')), []);
}

async function examineWithRestic({ root }: Scene, target: Objects): Promise<void> {
  const repository = join(root, 'by-restic');
  for (const [key, bytes] of target) {
    mkdirSync(dirname(join(repository, key)), { recursive: true });
    writeFileSync(join(repository, key), bytes);
  }
  await resticMustSucceed({ repository }, '--no-lock', 'check', '--read-data');
  rmSync(repository, { recursive: true });
}

test('wherever a copy is cut off, both vaults stay whole and the next copy needs no help', async () => {
  using folder = temporaryFolder();
  const scene = await makeScene(folder.path);
  let operations = 0;
  for (; operations < operationsMax; operations++) {
    const { isCut, source, target } = await copyUntil(scene, operations);
    if (!isCut) break;
    await examine(scene, source, target).catch((cause: unknown) => {
      throw new Error(`after ${operations} operations (seed ${seed})`, { cause });
    });
    if (operations % resticEvery === 0) await examineWithRestic(scene, target);
  }
  assert.ok(operations > 30 && operations < operationsMax, `${operations} operations were tried`);
});
