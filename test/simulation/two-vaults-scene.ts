/**
 * Two vaults of one plan, and everything that is done to them: captured and copied, caught up, forgotten, marked, swept,
 * healed, repaired, given another key. The process dies after any of its operations on either store. Whatever was on
 * record as good before is good afterwards, nobody has to help, and the same work ends well when it is begun again.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { backupSystem } from '../../src/backup/backup-system.ts';
import { copyPoints } from '../../src/copy/copy-points.ts';
import type { PointRecord } from '../../src/copy/copy-request.ts';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import { recordTimes } from '../../src/evidence/record-common.ts';
import { type RunContext, sharedFields } from '../../src/evidence/run-context.ts';
import { healVault } from '../../src/heal/heal-vault.ts';
import { previewHealing } from '../../src/heal/preview-healing.ts';
import { type MemoryStore, openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { recoveryPointsFromRecords } from '../../src/recovery-point/points-from-records.ts';
import type { RecoveryPoint } from '../../src/recovery-point/recovery-point.ts';
import { addKey } from '../../src/repository/key/manage-keys.ts';
import { openKey } from '../../src/repository/key/open-key.ts';
import { type LockOwner, thisProcess } from '../../src/repository/lock/lock-owner.ts';
import { repairsOf } from '../../src/repository/repository.ts';
import { createFilesSource } from '../../src/source/files/files-source.ts';
import { initVault, openVault } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';
import { type SharedCut, sharedCut } from '../support/shared-cut.ts';
import { resticMustSucceed, testPassword } from '../support/stock-restic.ts';
import { testRun } from '../support/test-run.ts';
import { quickKdf, quickLocks, restoreTo } from '../support/vault.ts';

export type Objects = ReadonlyMap<string, Buffer>;
export type BothObjects = readonly [Objects, Objects];
type Both = readonly [Vault, Vault];

export interface TwoVaultsScene {
  readonly root: string;
  readonly folder: string;
  readonly random: SeededRandom;
  /** Both hold the same two points. */
  readonly objects: BothObjects;
  /** When the folder became what it was, and a copy of it: oldest first. */
  readonly states: { readonly sinceMs: number; readonly copy: string }[];
  /** A process that is no more. */
  readonly deadOwner: LockOwner;
}

const dayMs = 24 * 60 * 60 * 1000;
const system = { name: 'uploads', hash: 'hash' };
/** Small packs, so that there are many operations. */
const packBytesTarget = 60 * 1024;

const run: RunContext & { readonly plan: NonNullable<RunContext['plan']> } = {
  ...testRun(Date.now),
  plan: { id: 'plan', hash: `v1:${'1'.repeat(64)}` },
};

export interface Act {
  readonly name: string;
  /** What the vaults go through before: in peace. */
  readonly prepare?: (vaults: Both, scene: TwoVaultsScene) => Promise<void>;
  /** Damages that the act is there to mend; until it has, only the other vault need be whole. */
  readonly damage?: (objects: Map<string, Buffer>) => void;
  readonly carryOut: (vaults: Both, scene: TwoVaultsScene) => Promise<void>;
}

export const acts: readonly Act[] = [
  { name: 'backup and copy', carryOut: backUpAndCopy },
  { name: 'copy of what was missed', prepare: ([first], scene) => capture(first, scene), carryOut: catchUp },
  { name: 'forget', carryOut: forgetOldest },
  { name: 'prune that marks', prepare: forgetOldest, carryOut: (vaults) => pruneBoth(vaults, dayMs) },
  { name: 'prune that sweeps', prepare: markLongAgo, carryOut: (vaults) => pruneBoth(vaults, dayMs) },
  { name: 'prune that does both', prepare: forgetOldest, carryOut: (vaults) => pruneBoth(vaults, 0) },
  { name: 'healing', damage: damagePacksAndSnapshot, carryOut: healFirst },
  { name: 'repair of the index', damage: loseIndex, carryOut: repairIndex },
  { name: 'change of keys', carryOut: changeKeys },
];

export async function makeTwoVaults(root: string, seed: number): Promise<TwoVaultsScene> {
  const stores = [openMemoryStore(), openMemoryStore()] as const;
  const owner = { ...thisProcess(), pid: spawnSync('true').pid };
  const scene = {
    ...{ root, folder: join(root, 'folder'), random: seededRandom(seed), states: [], deadOwner: owner },
  };
  const machine = join(root, 'machine');
  const made = { ...scene, objects: [stores[0].objects, stores[1].objects] as const };
  await using first = await initVault({
    ...optionsOf(stores[0], machine, owner),
    ...initial,
    role: 'primary',
  });
  await using second = await initVault({
    ...optionsOf(stores[1], machine, owner),
    ...initial,
    role: 'secondary',
  });
  for (let round = 0; round < 2; round++) {
    changeFolder(made);
    await backUpAndCopy([first, second], made);
  }
  return { ...made, objects: [new Map(stores[0].objects), new Map(stores[1].objects)] };
}

const initial = { kdf: quickKdf };

function optionsOf(store: ObjectStore, machine: string, owner: LockOwner) {
  return {
    ...{ store, password: testPassword, owner, nowMs: Date.now, workers: 1, packBytesTarget },
    lockTiming: { ...quickLocks, yieldPollMs: 10 },
    stateFolder: join(machine, 'state'),
    cacheDirectory: join(machine, 'cache'),
  };
}

function changeFolder({ root, folder, random, states }: TwoVaultsScene): void {
  for (let file = 0; file < 7; file++) {
    if (states.length > 0 && random.below(2) === 0) continue;
    const path = join(folder, `folder-${file % 3}`, `file-${file}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, random.bytes(random.below(50_000)));
  }
  const copy = join(root, `copy-${states.length}`);
  // Node's own copy loses nanoseconds
  execFileSync('cp', ['-a', folder, copy]);
  states.push({ sinceMs: Date.now(), copy });
}

async function capture(vault: Vault, scene: TwoVaultsScene): Promise<void> {
  const outcome = await backupSystem({
    ...{ run, system, vault, full: false, paths: [scene.folder] },
    source: createFilesSource({ paths: [scene.folder], nowMs: Date.now }),
    identity: { hostname: 'test-host', username: 'tester', uid: 0, gid: 0 },
    cacheDirectory: join(scene.root, 'none'),
  });
  if (outcome.error) throw outcome.error;
}

async function backUpAndCopy(vaults: Both, scene: TwoVaultsScene): Promise<void> {
  await capture(vaults[0], scene);
  await catchUp(vaults, scene);
}

/** All that the first vault has and the second has not, as records tell. */
async function catchUp([from, to]: Both, scene: TwoVaultsScene): Promise<void> {
  const [{ records }, copies] = [await from.records(), await to.records()];
  const moments = new Set(pointsOf(to, copies.records).map(({ capturedAtMs }) => capturedAtMs));
  const owed = pointsOf(from, records).filter(({ capturedAtMs }) => !moments.has(capturedAtMs));
  const isOf = (id: string) => (record: (typeof records)[number]) =>
    (record.type === 'backup' || record.type === 'copy') && record.snapshotId === id;
  const points = owed
    .map(({ snapshotId }) => records.find(isOf(snapshotId)))
    .filter((record): record is PointRecord => record !== undefined);
  const { vaults } = await copyPoints({
    ...{ run, from, to: [{ vault: to, points }], cacheDirectory: join(scene.root, 'none') },
  });
  const [end] = vaults;
  if (end?.error) throw end.error;
  assert.deepEqual([end?.failed, end?.copied.length], [[], owed.length]);
}

function pointsOf(vault: Vault, records: Parameters<typeof recoveryPointsFromRecords>[0]) {
  return recoveryPointsFromRecords(records).filter((point) => point.vault === vault.id);
}

async function forgetOldest(vaults: Both): Promise<void> {
  for (const vault of vaults) {
    const oldest = (await vault.repository.snapshots()).slice(0, -1).slice(0, 1);
    const snapshotIds = oldest.map(({ id }) => id);
    const times = recordTimes(run.nowMs(), run.nowMs());
    const shared = { ...sharedFields(run, vault.id), ...times, verdict: 'pass' as const };
    await vault.append({ type: 'forget', ...shared, snapshotIds, bytesFreed: 0 });
    await vault.repository.forget(snapshotIds);
  }
}

async function markLongAgo(vaults: Both): Promise<void> {
  await forgetOldest(vaults);
  for (const { repository } of vaults)
    await repository.prune({ graceMs: dayMs, nowMs: Date.now() - 2 * dayMs });
}

async function pruneBoth(vaults: Both, graceMs: number): Promise<void> {
  for (const { repository } of vaults) await repository.prune({ graceMs });
}

/** Of the largest pack a bit is wrong, the smallest and the newest snapshot are gone. */
function damagePacksAndSnapshot(objects: Map<string, Buffer>): void {
  const packs = [...objects].filter(([key]) => key.startsWith('data/'));
  const [largest, ...others] = packs.toSorted((a, b) => b[1].length - a[1].length);
  const smallest = others.at(-1);
  const snapshot = [...objects.keys()].filter((key) => key.startsWith('snapshots/')).at(-1);
  assert.ok(largest && smallest && snapshot);
  const flipped = Buffer.from(largest[1]);
  flipped[100] = (flipped[100] ?? 0) ^ 1;
  objects.set(largest[0], flipped);
  objects.delete(smallest[0]);
  objects.delete(snapshot);
}

async function healFirst([vault, donor]: Both): Promise<void> {
  const healing = { vault, donors: [donor] };
  const { lost } = await healVault(run, healing, await previewHealing(healing, run.nowMs()));
  assert.deepEqual(lost, []);
}

function loseIndex(objects: Map<string, Buffer>): void {
  for (const key of [...objects.keys()]) if (key.startsWith('index/')) objects.delete(key);
}

async function repairIndex([{ repository }]: Both): Promise<void> {
  const repairs = repairsOf(repository);
  await repairs.applyIndex(await repairs.previewIndex());
}

/** A key is added to both and taken away again; the one of the test stays. */
async function changeKeys(vaults: Both): Promise<void> {
  for (const { repository } of vaults)
    for (const key of await repository.keys()) if (!key.current) await repository.removeKey(key.id);
  const added: string[] = [];
  for (const vault of vaults) {
    added.push(await addCheapKey(vault));
    await vault.append({ ...keyRecord(vault, added.at(-1) ?? ''), action: 'add' });
  }
  for (const [at, vault] of vaults.entries()) {
    await vault.repository.removeKey(added[at] ?? '');
    await vault.append({ ...keyRecord(vault, added[at] ?? ''), action: 'remove' });
  }
}

function keyRecord(vault: Vault, keyId: string) {
  const shared = { ...sharedFields(run, vault.id), ...recordTimes(run.nowMs(), run.nowMs()) };
  return { type: 'key', ...shared, verdict: 'pass', keyId } as const;
}

const stores = new WeakMap<Vault, ObjectStore>();

/** New keys are as dear as people's: in a test they are made cheaply, through the same function. */
async function addCheapKey(vault: Vault): Promise<string> {
  const store = stores.get(vault);
  assert.ok(store);
  const { masterKey } = await openKey(store, testPassword);
  const created = new Date().toISOString();
  const added = { password: 'another', username: 'u', hostname: 'h', created, kdf: quickKdf };
  return await addKey(store, masterKey, added);
}

async function withVaults<T>(
  memory: readonly [ObjectStore, ObjectStore],
  machine: string,
  owner: LockOwner,
  work: (vaults: Both) => Promise<T>,
): Promise<T> {
  await using first = await openVault(optionsOf(memory[0], machine, owner));
  await using second = await openVault(optionsOf(memory[1], machine, owner));
  stores.set(first, memory[0]);
  stores.set(second, memory[1]);
  return await work([first, second]);
}

export interface PreparedAct {
  readonly act: Act;
  readonly objects: BothObjects;
  /** On record as good before the act, for each vault. */
  readonly good: readonly [readonly RecoveryPoint[], readonly RecoveryPoint[]];
  /** What the machine knew. */
  readonly machine: string;
}

export async function prepareAct(scene: TwoVaultsScene, act: Act): Promise<PreparedAct> {
  const memory = memoryOf(scene.objects);
  const machine = join(scene.root, `machine-${act.name.replaceAll(' ', '-')}`);
  cpSync(join(scene.root, 'machine'), machine, { recursive: true });
  if (act.name === acts[0]?.name || act.name === acts[1]?.name) changeFolder(scene);
  const good = await withVaults(memory, machine, scene.deadOwner, async (vaults) => {
    await act.prepare?.(vaults, scene);
    return [await goodPoints(vaults[0]), await goodPoints(vaults[1])] as const;
  });
  const first = new Map(memory[0].objects);
  act.damage?.(first);
  return { act, objects: [first, new Map(memory[1].objects)], good, machine };
}

/** Read back since they were written, and nothing is known against them. */
async function goodPoints(vault: Vault): Promise<readonly RecoveryPoint[]> {
  const { records, problems } = await vault.records();
  assert.deepEqual(problems, [], 'the records are whole');
  return pointsOf(vault, records).filter(({ proof, failure }) => proof.checked && failure === undefined);
}

function memoryOf([first, second]: BothObjects): readonly [MemoryStore, MemoryStore] {
  return [openMemoryStore(first), openMemoryStore(second)];
}

export interface CutAct {
  readonly objects: BothObjects;
  /** False when the act ended before the cut. */
  readonly isCut: boolean;
  /** On both stores together. */
  readonly operations: number;
  readonly machine: string;
}

/** Dies after so many operations on both stores together. The machine keeps what it had on its disk then. */
export async function actUntil(
  scene: TwoVaultsScene,
  { act, objects, machine: before }: PreparedAct,
  operations: number,
): Promise<CutAct> {
  const memory = memoryOf(objects);
  const machine = join(scene.root, 'round');
  rmSync(machine, { recursive: true, force: true });
  cpSync(before, machine, { recursive: true });
  const cut = sharedCut(operations);
  const wrapped = [cut.wrap(memory[0]), cut.wrap(memory[1])] as const;
  await withVaults(wrapped, machine, scene.deadOwner, (vaults) => act.carryOut(vaults, scene)).catch(
    (error: unknown) => expectCut(error, cut),
  );
  return {
    objects: [memory[0].objects, memory[1].objects],
    isCut: cut.isCut(),
    operations: cut.operations(),
    machine,
  };
}

function expectCut(error: unknown, cut: SharedCut): void {
  const isOfCut = cut.isCut() && error instanceof LifeboatError;
  if (!isOfCut || error.code === 'ASSERTION' || error.code === 'INTERNAL') throw error;
}

/** What must be so right after the death, and after the same work was done again, a backup was made, and all was pruned. */
export async function examineCut(scene: TwoVaultsScene, prepared: PreparedAct, cut: CutAct): Promise<void> {
  const memory = memoryOf(cut.objects);
  const { act, good } = prepared;
  await withVaults(memory, cut.machine, thisProcess(), async (vaults) => {
    const mended = act.damage === undefined ? vaults : [vaults[1]];
    for (const vault of mended) await expectSound(vault);
    for (const [at, vault] of vaults.entries())
      if (act.damage === undefined || at === 1) await expectGood(scene, vault, good[at] ?? []);
    await act.carryOut(vaults, scene);
    await backUpAndCopy(vaults, scene);
    await pruneBoth(vaults, 0);
    for (const [at, vault] of vaults.entries()) {
      const report = await expectSound(vault);
      assert.deepEqual(report.hints, []);
      assert.deepEqual(await vault.spares?.check(true), []);
      await expectGood(scene, vault, good[at] ?? []);
    }
  });
  for (const store of memory)
    for (const prefix of ['locks/', 'lifeboat/prune/'])
      assert.deepEqual(await Array.fromAsync(store.list(prefix)), []);
}

async function expectSound({ repository }: Vault) {
  const report = await repository.check({ readData: 'all' });
  assert.deepEqual(report.errors, []);
  return report;
}

/** What was good before is on record as good still, unless it is on record as given up; and all such points restore. */
async function expectGood(
  scene: TwoVaultsScene,
  vault: Vault,
  before: readonly RecoveryPoint[],
): Promise<void> {
  const now = await goodPoints(vault);
  const { records } = await vault.records();
  const givenUp = new Set(records.flatMap((record) => (record.type === 'forget' ? record.snapshotIds : [])));
  const known = new Set(now.map(({ capturedAtMs }) => capturedAtMs));
  const lost = before.filter(
    ({ snapshotId, capturedAtMs }) => !givenUp.has(snapshotId) && !known.has(capturedAtMs),
  );
  assert.deepEqual(lost, [], 'every point that was good');
  for (const point of now) await expectRestored(scene, vault, point);
}

async function expectRestored(scene: TwoVaultsScene, vault: Vault, point: RecoveryPoint): Promise<void> {
  const target = join(scene.root, 'restored');
  const state = scene.states.findLast(({ sinceMs }) => sinceMs <= point.capturedAtMs);
  assert.ok(state);
  try {
    const { problems } = await restoreTo(vault.repository, point.snapshotId, target);
    const differences = compareTrees(state.copy, join(target, scene.folder));
    assert.deepEqual([problems, differences], [[], []], `point ${point.snapshotId}`);
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

/** Stock restic's view of the vaults as the dead process left them; of a damaged one there is nothing to expect. */
export async function examineWithRestic(
  { root }: TwoVaultsScene,
  { act }: PreparedAct,
  { objects }: CutAct,
): Promise<void> {
  for (const each of act.damage === undefined ? objects : objects.slice(1)) {
    const repository = join(root, 'by-restic');
    try {
      for (const [key, bytes] of each) {
        mkdirSync(dirname(join(repository, key)), { recursive: true });
        writeFileSync(join(repository, key), bytes);
      }
      await resticMustSucceed({ repository }, '--no-lock', 'check', '--read-data');
    } finally {
      rmSync(repository, { recursive: true, force: true });
    }
  }
}
