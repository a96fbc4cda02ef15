/**
 * Two vaults that hold the same points. One object of the first is damaged in one way; that must be found, nothing
 * wrong may be restored as right, and with the second vault everything must be right again.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasCode, LifeboatError } from '../../src/error/lifeboat-error.ts';
import type { BackupRecord } from '../../src/evidence/record.ts';
import { recordTimes } from '../../src/evidence/record-common.ts';
import { sharedFields } from '../../src/evidence/run-context.ts';
import { healVault } from '../../src/heal/heal-vault.ts';
import { isSound, previewHealing } from '../../src/heal/preview-healing.ts';
import { type MemoryStore, openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { recoveryPointsFromRecords } from '../../src/recovery-point/points-from-records.ts';
import { type LockOwner, thisProcess } from '../../src/repository/lock/lock-owner.ts';
import { copySnapshots } from '../../src/repository/repository.ts';
import { spareKey } from '../../src/repository/spare-key.ts';
import { initVault, openVault } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';
import { resticMustSucceed, testPassword } from '../support/stock-restic.ts';
import { testRun, tickingClock } from '../support/test-run.ts';
import { backUp, quickKdf, quickLocks, restoreTo } from '../support/vault.ts';

type Objects = ReadonlyMap<string, Buffer>;

/** Every kind of object that a vault has, by the beginning of its key. */
export const objectKinds = [
  ...['config', 'keys/', 'data/', 'index/', 'snapshots/', 'locks/', 'lifeboat/vault.json'],
  ...['lifeboat/evidence/', 'lifeboat/plan/', 'lifeboat/prune/', 'lifeboat/spare/'],
] as const;
export const ways = ['flip', 'truncate', 'delete', 'swap', 'stale'] as const;

export interface HealScene {
  readonly root: string;
  readonly folder: string;
  readonly objects: Objects;
  readonly second: Objects;
  /** Objects as they once were, and are no more: by key. */
  readonly past: Objects;
  /** Copies of the folder by the id of the snapshot that was made of it. */
  readonly copies: ReadonlyMap<string, string>;
}

export interface Damage {
  readonly key: string;
  readonly way: (typeof ways)[number];
  /** The bit, or the length that is left. */
  readonly at: number;
  /** What it changes places with. */
  readonly with?: string;
}

const nowMs = tickingClock();

const run = testRun(nowMs);

interface Place {
  readonly store: MemoryStore;
  /** State and cache of this machine. */
  readonly machine: string;
  readonly owner: LockOwner;
}

function optionsOf({ store, machine, owner }: Place) {
  return {
    ...{ store, password: testPassword, owner, nowMs, lockTiming: quickLocks },
    ...{ workers: 1, packBytesTarget: 200 * 1024 },
    stateFolder: join(machine, 'state'),
    cacheDirectory: join(machine, 'cache'),
  };
}

/** Three snapshots of which one was given up, keys that came and went, plans, marks, and the locks of the dead. */
export async function makeHealScene(root: string, seed: number): Promise<HealScene> {
  const random = seededRandom(seed);
  const folder = join(root, 'folder');
  const owner = { ...thisProcess(), pid: spawnSync('true').pid };
  const machine = join(root, 'machine');
  const first: Place = { store: openMemoryStore(), machine, owner };
  const other: Place = { store: openMemoryStore(), machine, owner };
  await using vault = await initVault({ ...optionsOf(first), role: 'primary', kdf: quickKdf });
  await using second = await initVault({ ...optionsOf(other), role: 'secondary', kdf: quickKdf });
  const past = new Map<string, Buffer>();
  const keep = (): void => {
    for (const [key, bytes] of first.store.objects) past.set(key, bytes);
  };
  const lockKeeper = watchLocks(first.store, past);
  await vault.repository.addKey('another password');
  const copies = new Map<string, string>();
  for (const round of [1, 2, 3]) {
    for (let file = 0; file < 7; file++) {
      const path = join(folder, `folder-${file % 3}`, `file-${file * round}`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, random.bytes(random.below(160_000)));
    }
    const { snapshot, seen } = await backUp(vault.repository, folder);
    await vault.append(backupRecord(vault, snapshot.id, seen));
    execFileSync('cp', ['-a', folder, join(root, `copy-${round}`)]);
    copies.set(snapshot.id, join(root, `copy-${round}`));
    keep();
  }
  await giveUp(vault, [...copies.keys()][0] ?? '');
  copies.delete([...copies.keys()][0] ?? '');
  const gone = await vault.repository.addKey('a third password');
  keep();
  await vault.repository.removeKey(gone.id);
  const times = recordTimes(nowMs(), nowMs());
  const shared = { ...sharedFields(run, vault.id), ...times, verdict: 'pass' as const };
  await vault.append({ type: 'key', ...shared, action: 'remove', keyId: gone.id });
  for (const each of [1, 2])
    await vault.plans.save({
      ...{ planId: 'plan', planHash: `v1:${String(each).repeat(64)}`, fileName: 'lifeboat.yaml' },
      ...{ text: `version: ${each}`, savedAtMs: nowMs() },
    });
  await vault.repository.sealed.put('lifeboat/prune/mark-20261101T000000Z-00ff', Buffer.from('{}'));
  await copyAll(vault, second, [...copies.keys()]);
  lockKeeper();
  await plantLock(first.store, past);
  const now = new Map(first.store.objects);
  for (const [key, bytes] of past) if (now.get(key)?.equals(bytes)) past.delete(key);
  return { root, folder, objects: now, second: new Map(other.store.objects), past, copies };
}

function backupRecord(
  vault: Vault,
  snapshotId: string,
  seen: { readonly files: number; readonly directories: number; readonly bytes: number },
): BackupRecord {
  const startMs = nowMs();
  return {
    type: 'backup',
    ...sharedFields(run, vault.id, { name: 'uploads', hash: 'hash' }),
    ...recordTimes(startMs, nowMs()),
    ...{ verdict: 'pass', trigger: 'manual', snapshotId, capturedAtMs: startMs },
    ...{ files: seen.files, directories: seen.directories, bytes: seen.bytes, bytesAdded: 0 },
    ...{ values: {}, problemCount: 0, writerPauseMs: 0 },
  };
}

async function giveUp(vault: Vault, snapshotId: string): Promise<void> {
  const shared = { ...sharedFields(run, vault.id), ...recordTimes(nowMs(), nowMs()) };
  await vault.append({
    type: 'forget',
    ...shared,
    verdict: 'pass',
    snapshotIds: [snapshotId],
    bytesFreed: 0,
  });
  await vault.repository.forget([snapshotId]);
}

async function copyAll(from: Vault, to: Vault, snapshotIds: readonly string[]): Promise<void> {
  const { targets } = await copySnapshots(from.repository, [{ repository: to.repository, snapshotIds }]);
  const { records } = await from.records();
  for (const copied of targets[0]?.copied ?? []) {
    const record = records.find(
      (each): each is BackupRecord => each.type === 'backup' && each.snapshotId === copied.from,
    );
    assert.ok(record);
    const origin = { vault: from.id, snapshotId: copied.from };
    await to.append({
      ...record,
      ...{ id: run.newId(), type: 'copy', vault: to.id, snapshotId: copied.snapshot.id, from: origin },
    });
  }
  assert.equal(targets[0]?.copied.length, snapshotIds.length);
}

/** Locks live for a moment only. */
function watchLocks(store: MemoryStore, past: Map<string, Buffer>): () => void {
  const remove = store.delete.bind(store);
  store.delete = async (key, signal) => {
    const bytes = store.objects.get(key);
    if (bytes && key.startsWith('locks/')) past.set(key, bytes);
    await remove(key, signal);
  };
  return () => {
    store.delete = remove;
  };
}

/** A process that died left its lock. */
async function plantLock(store: MemoryStore, past: Map<string, Buffer>): Promise<void> {
  const [lock] = [...past].filter(([key]) => key.startsWith('locks/'));
  assert.ok(lock, 'a lock was seen');
  await store.put(lock[0], lock[1]);
}

/** The same for every run of one seed on one scene. */
export function drawDamage(scene: HealScene, seed: number): Damage {
  const random: SeededRandom = seededRandom(seed);
  const way = random.pick(ways);
  const kind = random.pick(objectKinds);
  const among = (objects: Objects, prefix: string): string[] =>
    [...objects.keys()].filter((each) => each.startsWith(prefix)).sort();
  if (way === 'stale') {
    const kinds = objectKinds.filter((each) => among(scene.past, each).length > 0);
    return { way, at: 0, key: random.pick(among(scene.past, random.pick(kinds))) };
  }
  const key = random.pick(among(scene.objects, kind));
  const bytes = scene.objects.get(key) ?? Buffer.alloc(0);
  if (way !== 'swap')
    return { key, way, at: way === 'flip' ? random.below(bytes.length * 8) : random.below(bytes.length) };
  const others = among(scene.objects, random.pick(objectKinds)).filter(
    (each) => !scene.objects.get(each)?.equals(bytes),
  );
  const partner = random.pick(others.length > 0 ? others : among(scene.objects, 'data/'));
  return { key, way, at: 0, with: partner };
}

async function strike(scene: HealScene, store: MemoryStore, damage: Damage): Promise<void> {
  const { key, way, at } = damage;
  const before = scene.objects.get(key) ?? Buffer.alloc(0);
  if (way === 'delete') await store.delete(key);
  else if (way === 'stale') await store.put(key, scene.past.get(key) ?? before);
  else if (way === 'truncate') await store.put(key, before.subarray(0, at));
  else if (way === 'swap') {
    await store.put(key, scene.objects.get(damage.with ?? '') ?? before);
    await store.put(damage.with ?? '', before);
  } else {
    const flipped = Buffer.from(before);
    flipped[at >> 3] = (flipped[at >> 3] ?? 0) ^ (1 << (at & 7));
    await store.put(key, flipped);
  }
}

export type Round = 'found and healed' | 'harmless';

export interface RoundOptions {
  readonly withRestic: boolean;
}

/** Raises when the damage is not found, when something wrong is restored, or when it cannot be healed. */
export async function tryHealing(scene: HealScene, damage: Damage, options: RoundOptions): Promise<Round> {
  const store = openMemoryStore(scene.objects);
  await strike(scene, store, damage);
  // this machine knows its own chains; its cache is gone
  const machine = join(scene.root, 'round');
  cpSync(join(scene.root, 'machine/state'), join(machine, 'state'), { recursive: true });
  const place: Place = { store, machine, owner: thisProcess() };
  try {
    const isLock = [damage.key, damage.with].some((key) => key?.startsWith('locks/'));
    const locked = isLock && (await unlockWhenTold(place));
    const lostKeys = new Set(
      damage.way === 'delete' && damage.key.startsWith('keys/') ? [damage.key.slice('keys/'.length)] : [],
    );
    await using vault = await openWithout(lostKeys, place);
    await using second = await openVault(optionsOf({ ...place, store: openMemoryStore(scene.second) }));
    const touchesData = [damage.key, damage.with].some((key) => key && !key.startsWith('lifeboat/'));
    if (touchesData) await restoreHonestly(scene, vault);
    const healing = { vault, donors: [second], lostKeys };
    const preview = await previewHealing(healing, run.nowMs());
    const history = await vault.records();
    const listed = [history.problems, preview.spares, preview.goneSnapshots, preview.returnedKeys];
    const isListed = [...listed, preview.returnedSnapshots].some((list) => list.length > 0);
    const isFound = locked || !isSound(preview) || preview.diagnosis.unindexedPacks.length > 0;
    if (isFound && !locked && !isListed) await expectCheckToFind(vault);
    if (isSound(preview) && !locked) assert.deepEqual((await vault.repository.check()).errors, []);
    const outcome = await healVault(run, healing, preview);
    assert.deepEqual(outcome.lost, []);
    await expectWhole(scene, place, options);
    assert.ok(isFound || isHarmless(damage), 'the damage is found');
    return isFound ? 'found and healed' : 'harmless';
  } finally {
    rmSync(machine, { recursive: true, force: true });
  }
}

/** A key that is missing opens nothing, for it may have been removed; the other one does. */
async function openWithout(lostKeys: ReadonlySet<string>, place: Place): Promise<Vault> {
  try {
    return await openVault(optionsOf(place));
  } catch (error) {
    if (lostKeys.size === 0 || !hasCode(error, 'WRONG_PASSWORD')) throw error;
    return await openVault({ ...optionsOf(place), password: 'another password' });
  }
}

/**
 * What nobody needs may come or go: a second copy, a mark, and what is in no list of what was. An object and its
 * second copy hold the same content under two nonces, so changing their places changes nothing.
 */
function isHarmless({ key, way, at, with: partner }: Damage): boolean {
  if (way === 'swap') return partner === spareKey(key) || key === spareKey(partner ?? '');
  if (way === 'delete') return /^(locks|lifeboat\/spare|lifeboat\/prune)\b/.test(key);
  // as restic does, nobody counts a lock without a byte: whoever wrote it did not get further
  if (way === 'truncate') return at === 0 && key.startsWith('locks/');
  return way === 'stale' && /^(locks|data|index)\//.test(key);
}

/** A lock that cannot be read stops everybody; the message says what a person has to do, and that is done here. */
async function unlockWhenTold(place: Place): Promise<boolean> {
  await using vault = await openVault(optionsOf(place));
  try {
    await vault.repository.check();
    return false;
  } catch (error) {
    assert.ok(error instanceof LifeboatError, String(error));
    assert.match(`${error.hint}`, /lifeboat unlock --all/);
    assert.match(error.message, /locks\//);
    await vault.repository.unlock(true);
    return true;
  }
}

/** Beside healing, which reads all, the check of the repository says it as well. */
async function expectCheckToFind(vault: Vault): Promise<void> {
  const { errors, hints } = await vault.repository.check({ readData: 'all' });
  assert.ok(errors.length + hints.length > 0, 'check finds it');
}

/** Everything is right, or what is not is missing and reported. */
async function restoreHonestly(scene: HealScene, vault: Vault): Promise<void> {
  for (const [id, copy] of scene.copies) {
    const target = join(scene.root, 'restored');
    try {
      const { problems } = await restoreTo(vault.repository, id, target);
      const differences = compareTrees(copy, join(target, scene.folder));
      if (problems.length === 0) assert.deepEqual(differences, []);
      assert.deepEqual(
        differences.filter((line) => !line.includes('is missing')),
        [],
      );
    } catch (error) {
      if (!(error instanceof LifeboatError)) throw error;
      assert.ok(
        ['OBJECT_DAMAGED', 'OBJECT_MISSING', 'SNAPSHOT_NOT_FOUND'].includes(error.code),
        String(error),
      );
    } finally {
      rmSync(target, { recursive: true, force: true });
    }
  }
}

/** Nothing is damaged, every point is there under its own or a new name and was read back, and restores whole. */
async function expectWhole(scene: HealScene, place: Place, { withRestic }: RoundOptions): Promise<void> {
  await using vault = await openVault(optionsOf(place));
  const { errors } = await vault.repository.check({ readData: 'all' });
  assert.deepEqual(errors, []);
  assert.deepEqual(await vault.spares?.check(true), []);
  const { records, problems, snapshotIds } = await vault.records();
  assert.deepEqual(problems, []);
  const points = recoveryPointsFromRecords(records).filter(({ vault: id }) => id === vault.id);
  assert.equal(points.length, scene.copies.size, 'every point, and none twice');
  for (const point of points) {
    assert.ok(snapshotIds.includes(point.snapshotId));
    assert.ok(point.proof.checked && point.failure === undefined, 'read back since');
  }
  const snapshots = await vault.repository.snapshots();
  assert.equal(snapshots.length, scene.copies.size);
  for (const [id, copy] of scene.copies) {
    const snapshot = snapshots.find((each) => each.id === id || each.original === id);
    assert.ok(snapshot, `snapshot ${id}`);
    const target = join(scene.root, 'restored');
    const { problems: missing } = await restoreTo(vault.repository, snapshot, target);
    assert.deepEqual([missing, compareTrees(copy, join(target, scene.folder))], [[], []]);
    rmSync(target, { recursive: true, force: true });
  }
  await openVault({ ...optionsOf(place), password: 'another password' }).then((opened) =>
    opened[Symbol.asyncDispose](),
  );
  await assert.rejects(openVault({ ...optionsOf(place), password: 'a third password' }), {
    code: 'WRONG_PASSWORD',
  });
  if (withRestic) await expectResticToAgree(scene, place.store);
}

async function expectResticToAgree(scene: HealScene, store: MemoryStore): Promise<void> {
  const repository = join(scene.root, 'vault');
  try {
    for (const [key, bytes] of store.objects) {
      mkdirSync(dirname(join(repository, key)), { recursive: true });
      writeFileSync(join(repository, key), bytes);
    }
    await resticMustSucceed({ repository }, '--no-lock', 'check', '--read-data');
  } finally {
    rmSync(repository, { recursive: true, force: true });
  }
}

/** For people. */
export function damageText({ key, way, at, with: other }: Damage): string {
  return `${way} ${key}${other === undefined ? ` at ${at}` : ` with ${other}`}`;
}
