import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type TemporaryFolder, temporaryFolder } from '../../test/support/temporary-folder.ts';
import { testRun, tickingClock } from '../../test/support/test-run.ts';
import { backUp, quickKdf, quickLocks } from '../../test/support/vault.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { sharedFields } from '../evidence/run-context.ts';
import { type MemoryStore, openMemoryStore } from '../object-store/memory/memory-store.ts';
import { recoveryPointsFromRecords } from '../recovery-point/points-from-records.ts';
import { initVault } from '../vault/open-vault.ts';
import type { Vault } from '../vault/vault.ts';
import { copyPoints } from './copy-points.ts';
import type { PointRecord } from './copy-request.ts';

const nowMs = tickingClock();
const run = testRun(nowMs);

async function makeVault(
  folder: TemporaryFolder,
  name: string,
): Promise<{ vault: Vault; store: MemoryStore }> {
  const store = openMemoryStore();
  const vault = await initVault({
    ...{ store, password: 'one', kdf: quickKdf, workers: 1, lockTiming: quickLocks, role: 'primary', nowMs },
    ...{ stateFolder: join(folder.path, name), cacheDirectory: join(folder.path, name) },
  });
  return { vault, store };
}

async function makePoint(vault: Vault, path: string): Promise<PointRecord> {
  const { snapshot, seen } = await backUp(vault.repository, path);
  const startMs = nowMs();
  const record: PointRecord = {
    type: 'backup',
    ...sharedFields(run, vault.id, { name: 'uploads', hash: 'hash' }),
    ...recordTimes(startMs, nowMs()),
    ...{ verdict: 'pass', trigger: 'manual', snapshotId: snapshot.id, capturedAtMs: startMs },
    ...{ files: seen.files, directories: seen.directories, bytes: seen.bytes, bytesAdded: 0 },
    ...{ values: {}, problemCount: 0, writerPauseMs: 0 },
  };
  await vault.append(record);
  return record;
}

test('many points are copied in rounds, each read back in one go and recorded once', async () => {
  using folder = temporaryFolder();
  const from = await makeVault(folder, 'from');
  const to = await makeVault(folder, 'to');
  const points: PointRecord[] = [];
  const path = join(folder.path, 'uploads');
  mkdirSync(path);
  for (let each = 0; each < 18; each++) {
    writeFileSync(join(path, 'file'), `content ${each}`);
    points.push(await makePoint(from.vault, path));
  }
  let locks = 0;
  const put = to.store.put.bind(to.store);
  to.store.put = async (key, bytes, signal) => {
    if (key.startsWith('locks/')) locks++;
    await put(key, bytes, signal);
  };
  const { vaults } = await copyPoints({
    ...{ run, from: from.vault, to: [{ vault: to.vault, points }] },
    cacheDirectory: join(folder.path, 'to'),
  });
  assert.deepEqual(
    [vaults[0]?.copied.length, vaults[0]?.error, vaults[0]?.failed.length],
    [18, undefined, 0],
  );
  const { records } = await to.vault.records();
  const checks = records.flatMap((record) => (record.type === 'check' ? [record.snapshotIds.length] : []));
  assert.deepEqual(checks.toSorted(), [16, 2]);
  const made = recoveryPointsFromRecords(records);
  assert.equal(made.filter(({ proof }) => proof.checked !== undefined).length, 18);
  // one for copying and one for reading back, and none in between
  assert.equal(locks, 4);
});

test('a point that was given up meanwhile is told as gone; one that is missing for no reason is a failure', async () => {
  using folder = temporaryFolder();
  const from = await makeVault(folder, 'from');
  const to = await makeVault(folder, 'to');
  const path = join(folder.path, 'uploads');
  mkdirSync(path);
  const points: PointRecord[] = [];
  for (const content of ['one', 'two', 'three']) {
    writeFileSync(join(path, 'file'), content);
    points.push(await makePoint(from.vault, path));
  }
  const [first, second, third] = points;
  assert.ok(first && second && third);
  const atMs = nowMs();
  await from.vault.append({
    ...{ type: 'forget', ...sharedFields(run, from.vault.id), ...recordTimes(atMs, atMs), verdict: 'pass' },
    ...{ snapshotIds: [first.snapshotId], bytesFreed: 0 },
  });
  for (const { snapshotId } of [first, second]) await from.store.delete(`snapshots/${snapshotId}`);
  const { vaults } = await copyPoints({
    ...{ run, from: from.vault, to: [{ vault: to.vault, points }] },
    cacheDirectory: join(folder.path, 'to'),
  });
  const [copies] = vaults;
  assert.deepEqual(copies?.gone, [first.snapshotId]);
  assert.deepEqual(
    copies.failed.map(({ code, details }) => [code, details['snapshot']]),
    [['COPY_INCOMPLETE', second.snapshotId]],
  );
  assert.deepEqual(
    copies.copied.map(({ record }) => record.from.snapshotId),
    [third.snapshotId],
  );
  const { records } = await to.vault.records();
  const told = records.flatMap((record) => (record.type === 'copy' ? [record.from.snapshotId] : []));
  assert.deepEqual(told.toSorted(), [second.snapshotId, third.snapshotId].toSorted());
});

test('what was copied is recorded also when the source cannot tell what became of the rest', async () => {
  using folder = temporaryFolder();
  const from = await makeVault(folder, 'from');
  const to = await makeVault(folder, 'to');
  const path = join(folder.path, 'uploads');
  mkdirSync(path);
  const points: PointRecord[] = [];
  for (const content of ['one', 'two']) {
    writeFileSync(join(path, 'file'), content);
    points.push(await makePoint(from.vault, path));
  }
  await from.store.delete(`snapshots/${points[0]?.snapshotId}`);
  const away = {
    ...from.vault,
    records: () => Promise.reject(new LifeboatError('STORE_UNAVAILABLE', 'away')),
  };
  const request = { run, from: away, to: [{ vault: to.vault, points }] };
  await assert.rejects(copyPoints({ ...request, cacheDirectory: join(folder.path, 'to') }), {
    code: 'STORE_UNAVAILABLE',
  });
  const { records } = await to.vault.records();
  const told = records.flatMap((record) =>
    record.type === 'copy' ? [[record.from.snapshotId, record.verdict]] : [],
  );
  assert.deepEqual(told, [[points[1]?.snapshotId, 'pass']]);
  assert.equal(recoveryPointsFromRecords(records)[0]?.proof.checked !== undefined, true);
});

test('a point that could not be copied leaves a record without a snapshot, and no point', async () => {
  using folder = temporaryFolder();
  const from = await makeVault(folder, 'from');
  const to = await makeVault(folder, 'to');
  const path = join(folder.path, 'uploads');
  mkdirSync(path);
  writeFileSync(join(path, 'file'), 'content');
  const point = await makePoint(from.vault, path);
  for (const [key, bytes] of from.store.objects)
    if (key.startsWith('data/')) await from.store.put(key, bytes.subarray(0, 20));
  const { vaults } = await copyPoints({
    ...{ run, from: from.vault, to: [{ vault: to.vault, points: [point] }] },
    cacheDirectory: join(folder.path, 'to'),
  });
  assert.deepEqual([vaults[0]?.copied, vaults[0]?.failed[0]?.code], [[], 'COPY_INCOMPLETE']);
  const { records } = await to.vault.records();
  const told = records.find(({ type }) => type === 'copy');
  assert.ok(told?.type === 'copy');
  assert.deepEqual(
    [told.verdict, told.snapshotId, told.from.snapshotId, told.error?.code],
    ['fail', undefined, point.snapshotId, 'COPY_INCOMPLETE'],
  );
  assert.deepEqual(recoveryPointsFromRecords(records), []);
});
