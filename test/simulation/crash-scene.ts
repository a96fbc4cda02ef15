/**
 * One backup over an earlier snapshot, cut off after any of its operations on the store, as if the process had
 * died there; and what must be true of the vault that is left.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isStoreCut, withFaults } from '../../src/object-store/fault.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { type LockOwner, thisProcess } from '../../src/repository/lock/lock-owner.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { backUp, makeVault, openVault, type VaultOptions } from '../support/vault.ts';
import { expectRestored } from './expect-restored.ts';

/** Small packs, so that a backup has many operations. */
const options: VaultOptions = { packBytesTarget: 100 * 1024, workers: 2 };
/** Starting threads is most of the work here. */
const examineOptions: VaultOptions = { ...options, workers: 1 };

export interface CrashScene {
  /** Of this process; holds `now`, `before` and whatever is being looked at. */
  readonly root: string;
  /** The folder that is backed up, as it is now; its copy of when the first snapshot was made. */
  readonly now: string;
  readonly before: string;
  /** The vault with the first snapshot. */
  readonly objects: ReadonlyMap<string, Buffer>;
  readonly firstId: string;
  /** A process that is no more. */
  readonly deadOwner: LockOwner;
}

export async function makeCrashScene(root: string, seed: number): Promise<CrashScene> {
  const now = join(root, 'now');
  const before = join(root, 'before');
  const random = seededRandom(seed);
  const write = (name: string, bytes: number) => {
    mkdirSync(dirname(join(now, name)), { recursive: true });
    writeFileSync(join(now, name), random.bytes(bytes));
  };
  for (let file = 0; file < 12; file++) write(`folder-${file % 3}/file-${file}`, random.below(150_000));
  const store = openMemoryStore();
  await using vault = await makeVault(store, options);
  const first = await backUp(vault, now);
  cpSync(now, before, { recursive: true, preserveTimestamps: true });
  for (let file = 6; file < 18; file++) write(`folder-${file % 5}/file-${file}`, random.below(200_000));
  const deadOwner = { ...thisProcess(), pid: spawnSync('true').pid };
  return { root, now, before, objects: new Map(store.objects), firstId: first.snapshot.id, deadOwner };
}

export interface CrashedVault {
  readonly objects: ReadonlyMap<string, Buffer>;
  /** False when the backup ended before the cut. */
  readonly cut: boolean;
  /** What was being written when the process died; a local store leaves it under a temporary name. */
  readonly torn: { readonly key: string; readonly bytes: Buffer } | undefined;
}

/** Dies after the given number of operations. */
export async function backUpUntil(scene: CrashScene, operations: number): Promise<CrashedVault> {
  const store = openMemoryStore(scene.objects);
  const faulty = withFaults(store, [{ kind: 'cut', after: operations }]);
  let torn: CrashedVault['torn'];
  const watched: ObjectStore = {
    ...faulty,
    async put(key, bytes, signal) {
      const whole = Buffer.from(bytes);
      await faulty.put(key, bytes, signal).catch((error: unknown) => {
        torn ??= { key, bytes: whole.subarray(0, whole.length >> 1) };
        throw error;
      });
    },
  };
  try {
    await using vault = await openVault(watched, { ...options, owner: scene.deadOwner });
    const parent = await vault.snapshot('latest');
    await backUp(vault, scene.now, { parent });
  } catch (error) {
    if (!isStoreCut(error)) throw error;
    return { objects: store.objects, cut: true, torn };
  }
  // the last operation takes the lock away, and a failure of that is no failure of the backup
  return { objects: store.objects, cut: faulty.isCut(), torn };
}

/** Our own view of what is left: no damage, the first snapshot as it was, and the next backup needs no help. */
export async function examine(scene: CrashScene, crashed: CrashedVault): Promise<void> {
  const store = openMemoryStore(crashed.objects);
  await using vault = await openVault(store, examineOptions);
  const report = await vault.check({ readData: 'all' });
  assert.deepEqual(report.errors, []);
  await expectRestored(scene, vault, scene.firstId, scene.before);
  const parent = await vault.snapshot('latest');
  const next = await backUp(vault, scene.now, { parent });
  assert.deepEqual(next.problems, []);
  await expectRestored(scene, vault, next.snapshot.id, scene.now);
  assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
  assert.deepEqual(await Array.fromAsync(store.list('locks/')), []);
}

/** Stock restic's view of the same, with the torn write lying about. */
export async function examineWithRestic(scene: CrashScene, crashed: CrashedVault): Promise<void> {
  const repository = join(scene.root, 'vault');
  const target = join(scene.root, 'by-restic');
  try {
    writeOut(crashed, repository);
    await resticMustSucceed({ repository }, '--no-lock', 'check', '--read-data');
    await resticMustSucceed({ repository }, '--no-lock', 'restore', scene.firstId, '--target', target);
    const ignore = ['root', 'mtime'] as const;
    assert.deepEqual(compareTrees(scene.before, join(target, scene.now), { ignore }), []);
  } finally {
    for (const path of [repository, target]) rmSync(path, { recursive: true, force: true });
  }
}

function writeOut(crashed: CrashedVault, folder: string): void {
  const write = (key: string, bytes: Buffer) => {
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), bytes);
  };
  for (const [key, bytes] of crashed.objects) write(key, bytes);
  if (crashed.torn) write(`${crashed.torn.key}-tmp-0123456789abcdef`, crashed.torn.bytes);
}
