import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRecord, verifyRecord } from '../../test/support/record-samples.ts';
import type { CheckRecord, RestoreRecord, RunRecord } from '../evidence/record.ts';
import { type RecordCommon, recordTimes } from '../evidence/record-common.ts';
import type { RepairRecord } from '../evidence/vault-records.ts';
import {
  hasUnnamedDamage,
  knownDamage,
  standingDamage,
  suspectedPacks,
  trustedReads,
} from './known-damage.ts';

const nowMs = 1000;
const year = 365 * 86_400_000;
const pack = 'a'.repeat(64);

function check(atMs: number, more: Partial<CheckRecord> = {}): RunRecord {
  return { ...checkRecord([]), id: `check-${atMs}`, ...recordTimes(atMs, atMs), ...more };
}

const found = check(10, {
  verdict: 'fail',
  scope: 'part',
  damagedObjects: [`data/aa/${pack}`, 'index/x', 'data/aa/short'],
});

function common(atMs: number): Omit<RecordCommon, 'system'> {
  const { runId, vault, host, programVersion, verdict } = checkRecord([]);
  return { id: `record-${atMs}`, runId, vault, host, programVersion, verdict, ...recordTimes(atMs, atMs) };
}

function repair(atMs: number, action: RepairRecord['action'], more: Partial<RepairRecord> = {}): RunRecord {
  return {
    ...{ type: 'repair', ...common(atMs), verdict: 'pass', action, fromVaults: [], objectsMended: [] },
    ...{ objectsLost: [], blobsMended: 1, snapshotIds: [], ...more },
  };
}

function clear(atMs: number, clears: readonly string[] = []): RunRecord {
  return { type: 'pause', ...common(atMs), verdict: 'pass', action: 'clear', reason: 'why', clears };
}

const left = (...records: readonly RunRecord[]) =>
  knownDamage(records, nowMs).map(({ recordId, snapshotIds }) => [recordId, ...snapshotIds]);

test('what a check found stands until every byte was read and found right, by a check or by healing', () => {
  assert.deepEqual(left(found), [['check-10']]);
  const partly = [check(11, { scope: 'structure' }), check(12, { scope: 'part', snapshotIds: ['one'] })];
  assert.deepEqual(left(found, ...partly, repair(13, 'index'), repair(14, 'packs')), [['check-10']]);
  assert.deepEqual(left(found, check(15, { scope: 'all' })), []);
  assert.deepEqual(left(found, repair(15, 'heal')), []);
  assert.deepEqual(left(found, repair(15, 'heal', { verdict: 'incomplete' })), [['check-10']]);
  assert.deepEqual(left(repair(9, 'heal'), check(9, { scope: 'all' }), found), [['check-10']]);
});

test('of a list that was cut it is known that it is not all, until everything was found right', () => {
  const some = { verdict: 'fail', damagedObjects: [`data/aa/${pack}`], damagedObjectCount: 1200 } as const;
  const cut = check(10, some);
  const unnamed = (...records: readonly RunRecord[]) => hasUnnamedDamage(records, nowMs);
  assert.equal(unnamed(found), false);
  assert.equal(unnamed(cut), true);
  assert.equal(unnamed(cut, clear(11)), true, 'a person knows no more than the record');
  assert.equal(unnamed(check(10, { ...some, dataSound: true })), false);
  assert.equal(unnamed(cut, repair(11, 'heal')), false);
  assert.equal(unnamed(cut, check(11, { scope: 'all' })), false);
});

test('what the structure showed stands until that was looked at again, and reading points back is no such look', () => {
  const broken = check(10, { verdict: 'fail', scope: 'structure' });
  assert.deepEqual(left(broken, check(11, { scope: 'part', snapshotIds: ['one'] })), [['check-10']]);
  assert.deepEqual(left(broken, check(11, { scope: 'structure' })), []);
  assert.deepEqual(left(broken, check(11, { scope: 'part' })), [], 'a rolling check looks at it as well');
});

test('what lies beside the data is told until it was looked at again, and pauses nothing', () => {
  const beside = check(10, { verdict: 'fail', scope: 'part', dataSound: true });
  const told = (...records: readonly RunRecord[]) => standingDamage(records, nowMs).length;
  assert.deepEqual(left(beside), []);
  assert.equal(told(beside), 1);
  assert.equal(told(beside, clear(11)), 1, 'that a prune may go on mends nothing');
  assert.equal(
    told(beside, check(11, { snapshotIds: ['one'] })),
    1,
    'points that are read back say nothing of it',
  );
  assert.equal(told(beside, check(11, { scope: 'part' })), 0);
  assert.equal(told(beside, repair(11, 'heal')), 0);
  const records = check(10, { verdict: 'fail', scope: 'all', dataSound: true });
  assert.equal(
    told(records, check(11, { scope: 'part' })),
    1,
    'records and plans are read by a check of everything only',
  );
  assert.equal(told(records, check(11, { scope: 'all' })), 0);
});

const unread = [
  'lifeboat/evidence/a',
  'lifeboat/plan/b',
  'lifeboat/spare/evidence/a',
  'lifeboat/spare/plan/b',
];

test('records, plans and their spares stand until a check of everything, whoever found them', () => {
  const told = (...records: readonly RunRecord[]) => standingDamage(records, nowMs).length;
  for (const object of unread) {
    const partly = check(10, {
      ...{ verdict: 'fail', scope: 'part', dataSound: true },
      damagedObjects: ['keys/x', object],
    });
    const left = repair(10, 'heal', { verdict: 'incomplete', objectsLost: ['keys/x', object] });
    for (const beside of [partly, left]) {
      assert.equal(told(beside, check(11, { scope: 'structure' })), 1, object);
      assert.equal(told(beside, check(11, { scope: 'part' })), 1, object);
      assert.equal(told(beside, check(11, { scope: 'all' })), 0, object);
      assert.equal(told(beside, repair(11, 'heal')), 0, object);
    }
  }
  const small = { verdict: 'fail', scope: 'part', dataSound: true } as const;
  const spareKey = { ...small, damagedObjects: ['lifeboat/spare/keys/x', 'lifeboat/spare/config'] };
  assert.equal(told(check(10, spareKey), check(11, { scope: 'structure' })), 0);
  const cut = { ...small, damagedObjects: ['keys/x'], damagedObjectCount: 1200 };
  assert.equal(
    told(check(10, cut), check(11, { scope: 'structure' })),
    1,
    'nobody knows what else there was',
  );
});

test('what healing could not mend stands, whoever found it', () => {
  const heal = (...objectsLost: readonly string[]) =>
    repair(10, 'heal', { verdict: 'incomplete', objectsLost });
  assert.deepEqual(left(heal(`data/aa/${pack}`)), [['record-10']]);
  assert.deepEqual(left(heal(`data/aa/${pack}`), check(11, { scope: 'part' })), [['record-10']]);
  assert.deepEqual(left(heal(`data/aa/${pack}`), check(11, { scope: 'all' })), []);
  assert.deepEqual(left(heal('keys/x', 'snapshots/y')), []);
  assert.equal(standingDamage([heal('keys/x')], nowMs).length, 1);
  assert.equal(standingDamage([heal('keys/x'), check(11, { scope: 'structure' })], nowMs).length, 0);
  assert.equal(
    standingDamage([repair(10, 'snapshots', { verdict: 'incomplete', objectsLost: ['/a'] })], nowMs).length,
    0,
  );
});

test('damage that a restore on request met counts, until the point was read back', () => {
  const facts = { snapshotId: 'one', destination: 'folder', restoreMs: 1, files: 0, bytes: 0 } as const;
  const restore = (found: Partial<RestoreRecord>): RunRecord => {
    return { type: 'restore', ...common(10), verdict: 'incomplete', ...facts, ...found };
  };
  assert.deepEqual(left(restore({})), []);
  assert.deepEqual(left(restore({ foundDamage: true })), [['record-10', 'one']]);
  assert.deepEqual(left(restore({ foundDamage: true }), check(11, { snapshotIds: ['one'] })), []);
});

const restored = (atMs: number, more: Partial<RestoreRecord> = {}): RunRecord => ({
  ...{ type: 'restore', ...common(atMs), verdict: 'pass', snapshotId: 'one', destination: 'folder' },
  ...{ restoreMs: 1, files: 1, bytes: 1, ...more },
});

test('a damaged pack whose contents came from another one is damage, and puts no point in doubt', () => {
  const named = { damagedObjects: [`data/aa/${pack}`] };
  assert.deepEqual(left(restored(10)), []);
  for (const record of [restored(10, named), verifyRecord('one', 10, named)]) {
    assert.deepEqual(left(record), [[record.id]]);
    assert.deepEqual([...suspectedPacks([record], nowMs)], [pack]);
    assert.deepEqual(left(record, check(11, { snapshotIds: ['one'] })), [[record.id]]);
    assert.deepEqual(left(record, check(11, { scope: 'all' })), []);
  }
});

test('a pack that a restore named stays suspected when its point was read back, perhaps from elsewhere', () => {
  const met = restored(10, {
    ...{ verdict: 'incomplete', foundDamage: true, damagedObjects: [`data/aa/${pack}`] },
  });
  assert.deepEqual(left(met), [['record-10', 'one']]);
  const right = check(11, { snapshotIds: ['one'] });
  assert.deepEqual(left(met, right), []);
  assert.deepEqual([...suspectedPacks([met, right], nowMs)], [pack]);
  assert.deepEqual([...suspectedPacks([met, right, check(12, { scope: 'all' })], nowMs)], []);
});

test('a reading is trusted of packs that are not suspected, and after a finding that names no pack', () => {
  const other = 'b'.repeat(64);
  const trusted = (atMs: number, ...records: readonly RunRecord[]) => [
    ...trustedReads(records, new Map([pack, other].map((id) => [id, atMs])), nowMs + 2 * atMs).keys(),
  ];
  assert.deepEqual(trusted(20), [pack, other]);
  assert.deepEqual(trusted(20, found), [other]);
  assert.deepEqual(trusted(20, found, check(11, { scope: 'all' })), [pack, other]);
  const unnamed = restored(10, { verdict: 'incomplete', foundDamage: true });
  assert.deepEqual(trusted(20, unnamed), [], 'the clocks of machines differ');
  assert.deepEqual(trusted(100_000, unnamed), [pack, other]);
  assert.deepEqual(trusted(20, check(10, { verdict: 'fail', dataSound: true })), [pack, other]);
});

test('of points that were named each is right when it was read back, and giving it up mends no pack', () => {
  const named = check(10, { verdict: 'fail', damagedSnapshotIds: ['one', 'two'], snapshotIds: ['three'] });
  const one = check(11, { snapshotIds: ['one', 'three'] });
  assert.deepEqual(left(named, one), [['check-10', 'two']]);
  assert.deepEqual(left(named, one, verifyRecord('two', 12)), []);
  const both = check(11, { verdict: 'fail', snapshotIds: ['one', 'two'] });
  assert.deepEqual(left(named, both), [['check-10', 'one', 'two'], ['check-11']], 'nobody can be right then');
  const gone: RunRecord = { type: 'forget', ...common(12), snapshotIds: ['one', 'two'], bytesFreed: 0 };
  assert.deepEqual(left(named, gone), [['check-10', 'one', 'two']]);
});

test('a proof that met damage counts; one whose own checks failed, or that was not to be found, does not', () => {
  const fails = (code?: string): RunRecord =>
    verifyRecord('one', 10, {
      ...{ verdict: 'fail', restored: code === undefined },
      ...(code === undefined ? {} : { error: { code, message: 'm' } }),
    });
  assert.deepEqual(left(fails('OBJECT_DAMAGED')), [['verify-one-10', 'one']]);
  const lacks = verifyRecord('one', 10, { verdict: 'fail', restored: false, foundDamage: true });
  assert.deepEqual(left(lacks), [['verify-one-10', 'one']]);
  assert.deepEqual(left(fails('SNAPSHOT_NOT_FOUND')), []);
  assert.deepEqual(left(fails()), []);
});

test('a person lets it go on; what is damaged is suspected all the same', () => {
  assert.deepEqual(left(found, clear(11)), []);
  assert.deepEqual([...suspectedPacks([found, clear(11)], nowMs)], [pack]);
  assert.deepEqual([...suspectedPacks([found, repair(11, 'heal')], nowMs)], []);
  assert.deepEqual(left(found, { ...clear(11), system: 'db' }), [['check-10']], 'that was about a suspicion');
});

test('what the store kept of a healed vault is suspected until every byte was read and found right', () => {
  const healed = repair(11, 'heal', { objectsKept: ['index/x', `data/aa/${pack}`, 'snapshots/one'] });
  assert.deepEqual(left(found, healed), []);
  assert.deepEqual([...suspectedPacks([found, healed, repair(12, 'heal')], nowMs)], [pack]);
  assert.deepEqual([...suspectedPacks([healed, check(12, { scope: 'part' })], nowMs)], [pack]);
  assert.deepEqual([...suspectedPacks([healed, check(year, { scope: 'all' })], nowMs)], [pack]);
  assert.deepEqual([...suspectedPacks([found, healed, check(12, { scope: 'all' })], nowMs)], []);
});

test('what a clock dated ahead ends nothing, and damage that it dated ahead stands', () => {
  for (const ahead of [check(year, { scope: 'all' }), repair(year, 'heal'), clear(year)])
    assert.deepEqual(left(found, ahead), [['check-10']]);
  const later = { ...found, id: 'ahead', ...recordTimes(year, year) };
  assert.deepEqual(left(later, check(20, { scope: 'all' }), clear(20)), [['ahead']]);
  assert.deepEqual(left(later, clear(20, ['ahead'])), []);
});
