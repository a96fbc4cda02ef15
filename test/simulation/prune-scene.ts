/**
 * A vault with garbage in it, and what is done to it: marked, swept, forgotten, with the process dying after any of its
 * operations on the store; a backup comes in between; and what must be true whatever happened.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isStoreCut, withFaults } from '../../src/object-store/fault.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { type LockOwner, thisProcess } from '../../src/repository/lock/lock-owner.ts';
import type { Repository } from '../../src/repository/repository-types.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { backUp, makeVault, openVault, quickLocks, type VaultOptions } from '../support/vault.ts';
import { expectRestored } from './expect-restored.ts';

/** Small packs, so that there are many operations. */
const options: VaultOptions = {
  packBytesTarget: 100 * 1024,
  workers: 1,
  lockTiming: { ...quickLocks, yieldPollMs: 10 },
};
const dayMs = 24 * 60 * 60 * 1000;

export interface PruneScene {
  readonly root: string;
  readonly now: string;
  /** What each snapshot that is kept must restore to, by id. */
  readonly expected: ReadonlyMap<string, string>;
  readonly forgettable: readonly string[];
  readonly objects: ReadonlyMap<string, Buffer>;
  /** A process that is no more. */
  readonly deadOwner: LockOwner;
}

export type PruneAct = 'mark' | 'sweep' | 'prune' | 'forget';
export const pruneActs: readonly PruneAct[] = ['mark', 'sweep', 'prune', 'forget'];

/** Four snapshots; two are forgotten, so that some packs are useless, some in part, and some objects nobody's. */
export async function makePruneScene(root: string, seed: number): Promise<PruneScene> {
  const now = join(root, 'now');
  const random = seededRandom(seed);
  const write = (file: number) => {
    mkdirSync(join(now, `folder-${file % 3}`), { recursive: true });
    writeFileSync(join(now, `folder-${file % 3}`, `file-${file}`), random.bytes(random.below(60_000)));
  };
  const store = openMemoryStore();
  await using vault = await makeVault(store, options);
  const snapshots: { readonly id: string; readonly copy: string }[] = [];
  for (let round = 0; round < 4; round++) {
    for (let file = 0; file < 12; file++) if (round === 0 || random.below(3) === 0) write(file);
    const { snapshot } = await backUp(vault, now);
    const copy = join(root, `copy-${round}`);
    cpSync(now, copy, { recursive: true, preserveTimestamps: true });
    snapshots.push({ id: snapshot.id, copy });
  }
  const [first, second, third, fourth] = snapshots;
  assert.ok(first && second && third && fourth);
  await vault.forget([first.id]);
  const orphan = random.bytes(5000);
  await store.put(`data/ab/${'ab'.repeat(32)}`, orphan);
  return {
    root,
    now,
    expected: new Map([second, fourth].map(({ id, copy }) => [id, copy])),
    forgettable: [third.id],
    objects: new Map(store.objects),
    deadOwner: { ...thisProcess(), pid: spawnSync('true').pid },
  };
}

export interface CutVault {
  readonly objects: ReadonlyMap<string, Buffer>;
  /** False when the act ended before the cut. */
  readonly cut: boolean;
}

/** The vault before the act: a sweep needs a mark that is a day old. */
export async function prepare(scene: PruneScene, act: PruneAct): Promise<ReadonlyMap<string, Buffer>> {
  const store = openMemoryStore(scene.objects);
  await using vault = await openVault(store, options);
  if (act === 'mark' || act === 'prune') await vault.forget(scene.forgettable);
  if (act === 'sweep') {
    await vault.forget(scene.forgettable);
    await vault.prune({ graceMs: dayMs, nowMs: Date.now() - 2 * dayMs });
  }
  return new Map(store.objects);
}

/** Dies after the given number of operations. */
export async function actUntil(
  scene: PruneScene,
  before: ReadonlyMap<string, Buffer>,
  act: PruneAct,
  operations: number,
): Promise<CutVault> {
  const store = openMemoryStore(before);
  const faulty = withFaults(store, [{ kind: 'cut', after: operations }]);
  try {
    await using vault = await openVault(faulty, { ...options, owner: scene.deadOwner });
    await carryOut(vault, scene, act);
  } catch (error) {
    if (!isStoreCut(error)) throw error;
    return { objects: store.objects, cut: true };
  }
  // the last operations take the lock and the request away, and a failure of that is no failure of the act
  return { objects: store.objects, cut: faulty.isCut() };
}

async function carryOut(vault: Repository, scene: PruneScene, act: PruneAct): Promise<void> {
  switch (act) {
    case 'mark':
      await vault.prune({ graceMs: dayMs });
      return;
    case 'sweep':
      await vault.prune({ graceMs: dayMs });
      return;
    case 'prune':
      await vault.prune({ graceMs: 0 });
      return;
    case 'forget':
      await vault.forget(scene.forgettable);
      return;
    default:
      act satisfies never;
  }
}

/**
 * Nothing is damaged; a backup needs no help; the same again ends well; all that is kept restores; and in the end there
 * is no lock, no request, no mark, and nothing that nobody needs.
 */
export async function examinePruned(scene: PruneScene, cut: CutVault): Promise<void> {
  const store = openMemoryStore(cut.objects);
  await using vault = await openVault(store, options);
  assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
  const parent = await vault.snapshot('latest');
  const next = await backUp(vault, scene.now, { parent });
  await vault.forget(scene.forgettable);
  await vault.prune({ graceMs: 0 });
  const again = await vault.previewPrune({ graceMs: 0 });
  assert.deepEqual(again.packs, []);
  const report = await vault.check({ readData: 'all' });
  assert.deepEqual(report.errors, []);
  assert.deepEqual(report.hints, []);
  for (const [id, copy] of [...scene.expected, [next.snapshot.id, scene.now] as const])
    await expectRestored(scene, vault, id, copy);
  assert.deepEqual(await Array.fromAsync(store.list('locks/')), []);
  assert.deepEqual(await Array.fromAsync(store.list('lifeboat/prune/')), []);
}

/** Stock restic's view of the same: no damage, and what is kept restores. */
export async function examineWithRestic(scene: PruneScene, { objects }: CutVault): Promise<void> {
  const repository = join(scene.root, 'vault');
  const target = join(scene.root, 'by-restic');
  try {
    for (const [key, bytes] of objects) {
      mkdirSync(dirname(join(repository, key)), { recursive: true });
      writeFileSync(join(repository, key), bytes);
    }
    await resticMustSucceed({ repository }, '--no-lock', 'check', '--read-data');
    for (const [id, copy] of scene.expected) {
      await resticMustSucceed({ repository }, '--no-lock', 'restore', id, '--target', target);
      assert.deepEqual(compareTrees(copy, join(target, scene.now), { ignore: ['root', 'mtime'] }), []);
      rmSync(target, { recursive: true, force: true });
    }
  } finally {
    for (const path of [repository, target]) rmSync(path, { recursive: true, force: true });
  }
}
