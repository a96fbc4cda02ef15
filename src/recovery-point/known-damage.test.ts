import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRecord, verifyRecord } from '../../test/support/record-samples.ts';
import type { CheckRecord, RunRecord } from '../evidence/record.ts';
import { type RecordCommon, recordTimes } from '../evidence/record-common.ts';
import type { RepairRecord } from '../evidence/vault-records.ts';
import { knownDamage, suspectedPacks } from './known-damage.ts';

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

test('what the structure showed stands until that was looked at again, and reading points back is no such look', () => {
  const broken = check(10, { verdict: 'fail', scope: 'structure' });
  assert.deepEqual(left(broken, check(11, { scope: 'part', snapshotIds: ['one'] })), [['check-10']]);
  assert.deepEqual(left(broken, check(11, { scope: 'structure' })), []);
  assert.deepEqual(left(broken, check(11, { scope: 'part' })), [], 'a rolling check looks at it as well');
});

test('of points that were named each is right when it was read back, and giving it up mends no pack', () => {
  const named = check(10, { verdict: 'fail', damagedSnapshotIds: ['one', 'two'], snapshotIds: ['three'] });
  const one = check(11, { snapshotIds: ['one', 'three'] });
  assert.deepEqual(left(named, one), [['check-10', 'two']]);
  assert.deepEqual(left(named, one, verifyRecord('two', 12)), []);
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
