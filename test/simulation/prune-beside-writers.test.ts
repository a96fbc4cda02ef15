/** Prunes beside writers: ours yield where they may, and wait or are waited for where they may not. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isStoreCut, withFaults } from '../../src/object-store/fault.ts';
import { type MemoryStore, openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { type LockOwner, thisProcess } from '../../src/repository/lock/lock-owner.ts';
import type { Repository, SavedSnapshot } from '../../src/repository/repository-types.ts';
import { createFilesSource } from '../../src/source/files/files-source.ts';
import type { CaptureEvent } from '../../src/source/source.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault, openVault, quickLocks, restoreTo, type VaultOptions } from '../support/vault.ts';

const options: VaultOptions = {
  packBytesTarget: 100 * 1024,
  workers: 2,
  lockTiming: { ...quickLocks, yieldPollMs: 10 },
};
const waitMs = 20_000;
const operationsMax = 1000;
/** Every so many operations; each takes a second. */
const operationsStep = 9;

interface Scene extends Disposable {
  readonly store: MemoryStore;
  readonly folder: string;
  readonly tree: string;
  readonly vault: Repository;
}

/** A vault with two snapshots, the first of which is forgotten: about half of what it holds is garbage. */
async function makeScene(seed: number): Promise<Scene> {
  const folder = temporaryFolder();
  const tree = join(folder.path, 'tree');
  const random = seededRandom(seed);
  const write = (file: number) => {
    mkdirSync(join(tree, `folder-${file % 3}`), { recursive: true });
    writeFileSync(join(tree, `folder-${file % 3}`, `file-${file}`), random.bytes(60_000));
  };
  for (let file = 0; file < 12; file++) write(file);
  const store = openMemoryStore();
  const vault = await makeVault(store, options);
  const first = await backUp(vault, tree);
  for (let file = 0; file < 12; file += 2) write(file);
  await backUp(vault, tree);
  await vault.forget([first.snapshot.id]);
  return { store, folder: folder.path, tree, vault, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

interface SlowBackup {
  /** Resolves when half of the source was read. */
  readonly halfway: Promise<void>;
  readonly goOn: () => void;
  readonly done: Promise<SavedSnapshot>;
}

/** A backup whose source stops in the middle until it is told to go on. */
async function slowBackup(vault: Repository, tree: string): Promise<SlowBackup> {
  const parent = await vault.snapshot('latest');
  const source = createFilesSource({ paths: [tree], nowMs: () => Date.now() });
  const reached = Promise.withResolvers<void>();
  const going = Promise.withResolvers<void>();
  const run = async () => {
    await using capture = await source.capture();
    async function* events(): AsyncGenerator<readonly CaptureEvent[]> {
      let entries = 0;
      for await (const batch of capture.events) {
        for (const event of batch) {
          if (event.kind === 'entry' && ++entries === 6) {
            reached.resolve();
            await going.promise;
          }
          yield [event];
        }
      }
    }
    return await vault.write((writer) =>
      writer.saveSnapshot({
        events: events(),
        time: new Date().toISOString(),
        paths: [tree],
        hostname: 'test-host',
        username: 'tester',
        uid: 0,
        gid: 0,
        parent,
        readAll: true,
      }),
    );
  };
  const done = run();
  done.catch(() => undefined);
  return {
    halfway: Promise.race([reached.promise, done.then(() => undefined)]),
    goOn: () => going.resolve(),
    done,
  };
}

async function expectWhole({ vault, folder, tree }: Scene, id: string): Promise<void> {
  const { errors } = await vault.check({ readData: 'all' });
  assert.deepEqual(errors, []);
  const target = join(folder, `restored-${id.slice(0, 8)}`);
  const { problems } = await restoreTo(vault, id, target);
  assert.deepEqual(problems, []);
  assert.deepEqual(compareTrees(tree, join(target, tree), { ignore: ['root', 'mtime'] }), []);
  rmSync(target, { recursive: true });
}

async function expectNothingLeftBehind({ store }: Scene): Promise<void> {
  assert.deepEqual(await Array.fromAsync(store.list('locks/')), []);
  assert.deepEqual(await Array.fromAsync(store.list('lifeboat/prune/request-')), []);
}

function changeTree(tree: string, seed: number): void {
  const random = seededRandom(seed);
  for (let file = 0; file < 12; file += 3)
    writeFileSync(join(tree, `folder-${file % 3}`, `file-${file}`), random.bytes(50_000));
}

test('a writer that knew the mark yields to its sweep in the middle, and its snapshot is whole', async () => {
  using scene = await makeScene(1);
  await using writer = await openVault(scene.store, options);
  const marked = await scene.vault.prune({ graceMs: 60_000 });
  assert.ok(marked.pending.packs > 0);
  changeTree(scene.tree, 2);
  const backup = await slowBackup(writer, scene.tree);
  await backup.halfway;
  const swept = await scene.vault.prune({ graceMs: 0, waitMs });
  assert.ok(swept.reclaimed.bytes > 100_000, `${swept.reclaimed.bytes} bytes were reclaimed`);
  backup.goOn();
  const saved = await backup.done;
  await expectWhole(scene, saved.snapshot.id);
  await expectNothingLeftBehind(scene);
});

test('two writers yield to one sweep', async () => {
  using scene = await makeScene(3);
  await using one = await openVault(scene.store, options);
  await using other = await openVault(scene.store, options);
  await scene.vault.prune({ graceMs: 60_000 });
  changeTree(scene.tree, 4);
  const backups = [await slowBackup(one, scene.tree), await slowBackup(other, scene.tree)];
  for (const { halfway } of backups) await halfway;
  const swept = await scene.vault.prune({ graceMs: 0, waitMs });
  assert.ok(swept.reclaimed.packs > 0);
  for (const { goOn } of backups) goOn();
  for (const { done } of backups) await expectWhole(scene, (await done).snapshot.id);
  await expectNothingLeftBehind(scene);
});

test('a writer that began before the mark is waited for, and what it relied on stays', async () => {
  using scene = await makeScene(5);
  await using writer = await openVault(scene.store, options);
  const backup = await slowBackup(writer, scene.tree);
  await backup.halfway;
  const before = scene.store.objects.size;
  await assert.rejects(scene.vault.prune({ graceMs: 0, waitMs: 200 }), {
    code: 'VAULT_LOCKED',
    retryable: true,
  });
  assert.equal(scene.store.objects.size, before + 1, 'only the mark was added');
  const pruning = scene.vault.prune({ graceMs: 0, waitMs });
  backup.goOn();
  const saved = await backup.done;
  const swept = await pruning;
  assert.ok(swept.reclaimed.packs > 0);
  await expectWhole(scene, saved.snapshot.id);
  await expectNothingLeftBehind(scene);
});

test('a writer yields to forgetting', async () => {
  using scene = await makeScene(7);
  await using writer = await openVault(scene.store, { ...options });
  const old = await scene.vault.snapshot('latest');
  changeTree(scene.tree, 8);
  const backup = await slowBackup(writer, scene.tree);
  await backup.halfway;
  const patient = { ...options, lockTiming: { ...quickLocks, yieldPollMs: 5000 } };
  await using forgetter = await openVault(scene.store, patient);
  await forgetter.forget([old.id]);
  backup.goOn();
  const saved = await backup.done;
  assert.deepEqual(await scene.vault.snapshotIds(), [saved.snapshot.id]);
  await expectWhole(scene, saved.snapshot.id);
  await expectNothingLeftBehind(scene);
});

test('a sweep that dies, wherever it does, while a writer stands aside: the writer goes on, and nothing is lost', async () => {
  using scene = await makeScene(11);
  await scene.vault.prune({ graceMs: 60_000 });
  changeTree(scene.tree, 12);
  const before = new Map(scene.store.objects);
  let operations = 0;
  for (let isCut = true; isCut && operations < operationsMax; operations += operationsStep) {
    const store = openMemoryStore(before);
    // the sweeper is a process of this machine that lives until its store is cut
    let isAlive = true;
    const sweeperPid = 4_000_000;
    const owner: LockOwner = {
      ...thisProcess(),
      startTicks: (pid) => (pid === sweeperPid && isAlive ? '1' : pid === process.pid ? '2' : undefined),
    };
    await using writer = await openVault(store, { ...options, owner });
    const backup = await slowBackup(writer, scene.tree);
    await backup.halfway;
    const faulty = withFaults(store, [{ kind: 'cut', after: operations }]);
    const sweep = async () => {
      // tries are operations as well: few of them
      const lockTiming = { ...quickLocks, yieldPollMs: 400 };
      const owned = { ...options, lockTiming, owner: { ...owner, pid: sweeperPid } };
      await using sweeper = await openVault(faulty, owned);
      await sweeper.prune({ graceMs: 0, waitMs });
    };
    await sweep().catch((error: unknown) => assert.ok(isStoreCut(error), String(error)));
    isCut = faulty.isCut();
    isAlive = false;
    backup.goOn();
    const saved = await backup.done;
    await using vault = await openVault(store, options);
    await vault.prune({ graceMs: 0, waitMs });
    await expectWhole({ ...scene, store, vault }, saved.snapshot.id);
    await expectNothingLeftBehind({ ...scene, store });
  }
  assert.ok(operations > operationsStep * 2 && operations < operationsMax, `${operations} operations`);
});

test('a writer that comes back to a repository from which others took what it stored says so and makes no snapshot', async () => {
  using scene = await makeScene(9);
  await using writer = await openVault(scene.store, options);
  await scene.vault.prune({ graceMs: 60_000 });
  changeTree(scene.tree, 10);
  const before = await scene.vault.snapshotIds();
  const backup = await slowBackup(writer, scene.tree);
  await backup.halfway;
  // as stock restic's prune would, while the writer holds no lock: packs that no snapshot needs go
  const { withExclusive } = await import('../../src/repository/prune/with-exclusive.ts');
  const { sessionOf } = await import('../../src/repository/session.ts');
  await withExclusive(sessionOf(scene.vault), { marks: [], waitMs }, async () => {
    const known = new Set([...scene.store.objects.keys()]);
    for (const key of known) if (key.startsWith('index/')) await scene.store.delete(key);
  });
  backup.goOn();
  await assert.rejects(backup.done, { code: 'VAULT_LOCKED', retryable: true });
  assert.deepEqual(await scene.vault.snapshotIds(), before);
});
