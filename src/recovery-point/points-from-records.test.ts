import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BackupRecord, CheckRecord, RunRecord, VerifyRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { choosePoint, newestProven } from './choose-point.ts';
import { recoveryPointsFromRecords } from './points-from-records.ts';
import { proofLevel, type RecoveryPoint } from './recovery-point.ts';

const common = (id: string, minute: number) => ({
  id,
  runId: id,
  vault: 'v1',
  host: 'h',
  programVersion: '0.1.0',
  verdict: 'pass' as const,
  system: 'orders-db',
  systemHash: 'v1:a',
  ...recordTimes(minute * 60_000, minute * 60_000 + 1000),
});

const backup = (snapshotId: string, minute: number, change: Partial<BackupRecord> = {}): BackupRecord => ({
  type: 'backup',
  ...common(`backup-${snapshotId}`, minute),
  trigger: 'manual',
  snapshotId,
  capturedAtMs: minute * 60_000,
  files: 1,
  directories: 1,
  bytes: 10,
  bytesAdded: 10,
  values: {},
  problemCount: 0,
  writerPauseMs: 0,
  ...change,
});

const check = (
  minute: number,
  snapshotIds: readonly string[],
  change: Partial<CheckRecord> = {},
): CheckRecord => ({
  type: 'check',
  ...common(`check-${minute}`, minute),
  scope: 'all',
  snapshotIds,
  damagedSnapshotIds: [],
  packsRead: 1,
  bytesRead: 1,
  ...change,
});

const verify = (minute: number, snapshotId: string, change: Partial<VerifyRecord> = {}): VerifyRecord => ({
  type: 'verify',
  ...common(`verify-${minute}`, minute),
  snapshotId,
  restored: true,
  restoreMs: 700,
  checkMs: 20,
  files: 1,
  bytes: 10,
  checks: [{ name: 'integrity', verdict: 'pass' }],
  ...change,
});

const levels = (...records: readonly RunRecord[]) =>
  recoveryPointsFromRecords(records).map((point) => `${point.id} ${proofLevel(point)}`);

describe('recoveryPointsFromRecords', () => {
  it('raises the proof level by level', () => {
    assert.deepEqual(levels(backup('a', 1)), ['a written']);
    assert.deepEqual(levels(backup('a', 1), check(2, ['a'])), ['a checked']);
    assert.deepEqual(levels(backup('a', 1), verify(2, 'a', { checks: [] })), ['a restored']);
    assert.deepEqual(levels(backup('a', 1), verify(2, 'a')), ['a approved']);
  });

  it('approves nothing on an inconclusive check, and restores nothing on a failed restore', () => {
    const inconclusive = verify(2, 'a', {
      verdict: 'inconclusive',
      checks: [{ name: 'x', verdict: 'inconclusive' }],
    });
    assert.deepEqual(levels(backup('a', 1), inconclusive), ['a restored']);
    assert.deepEqual(levels(backup('a', 1), verify(2, 'a', { verdict: 'inconclusive', restored: false })), [
      'a written',
    ]);
  });

  it('voids all proof when a restore fails, until another one succeeds', () => {
    const failed = verify(3, 'a', { verdict: 'fail' });
    assert.deepEqual(levels(backup('a', 1), verify(2, 'a'), failed), ['a written']);
    assert.deepEqual(levels(backup('a', 1), verify(2, 'a'), failed, check(4, ['a'])), ['a written']);
    assert.deepEqual(levels(backup('a', 1), verify(2, 'a'), failed, verify(5, 'a', { checks: [] })), [
      'a restored',
    ]);
    const open = verify(5, 'a', { verdict: 'inconclusive' });
    assert.deepEqual(levels(backup('a', 1), verify(2, 'a'), failed, open), ['a written']);
  });

  it('voids what a check found damaged, and only that', () => {
    const damaged = check(3, ['a', 'b'], { verdict: 'fail', damagedSnapshotIds: ['b'] });
    assert.deepEqual(levels(backup('a', 1), backup('b', 2), damaged), ['a checked', 'b written']);
    assert.deepEqual(levels(backup('a', 1), backup('b', 2), damaged, check(4, ['b'])), [
      'a checked',
      'b checked',
    ]);
  });

  it('doubts the whole vault when damage has no name, and no other vault', () => {
    const doubt = check(4, [], { verdict: 'fail' });
    assert.deepEqual(levels(backup('a', 1), check(2, ['a']), doubt), ['a written']);
    const allRight = check(4, ['a'], { verdict: 'fail' });
    assert.deepEqual(levels(backup('a', 1), check(2, ['a']), allRight), ['a written'], 'it says both');
    assert.deepEqual(levels(backup('a', 1, { vault: 'v2' }), check(2, ['a'], { vault: 'v2' }), doubt), [
      'a checked',
    ]);
  });

  it('doubts no point for what lies beside the data', () => {
    const found = check(9, [], { verdict: 'fail', dataSound: true });
    const [point] = recoveryPointsFromRecords([backup('s1', 1), check(8, ['s1']), found]);
    assert.equal(point?.failure, undefined);
    assert.equal(point && proofLevel(point), 'checked');
  });

  it('voids the proof of a point when a restore met damage in it, until it is read back', () => {
    const restore: RunRecord = {
      ...{ type: 'restore', ...common('restore-9', 9), verdict: 'incomplete', snapshotId: 's1' },
      ...{ destination: 'folder', restoreMs: 1, files: 0, bytes: 0, foundDamage: true },
    };
    const history = [backup('s1', 1), backup('s2', 2), check(8, ['s1', 's2']), restore];
    const levels = (records: readonly RunRecord[]) => recoveryPointsFromRecords(records).map(proofLevel);
    assert.deepEqual(levels(history), ['written', 'checked']);
    assert.deepEqual(levels([...history, check(10, ['s1'])]), ['checked', 'checked']);
    const { foundDamage: _, ...without } = restore;
    assert.deepEqual(
      levels([...history.slice(0, 3), without]),
      ['checked', 'checked'],
      'the target was to blame',
    );
  });

  it('makes no point of a run that left no snapshot, and an incomplete one of a run that missed input', () => {
    const { snapshotId: _, ...without } = backup('a', 1);
    assert.deepEqual(levels(without), []);
    assert.deepEqual(levels(backup('a', 1, { verdict: 'fail' })), []);
    const [point] = recoveryPointsFromRecords([backup('a', 1, { verdict: 'incomplete', problemCount: 2 })]);
    assert.equal(point?.complete, false);
  });

  it('drops what was forgotten', () => {
    const forget: RunRecord = { type: 'forget', ...common('f', 9), snapshotIds: ['a'], bytesFreed: 1 };
    assert.deepEqual(levels(backup('a', 1), forget, backup('b', 2)), ['b written']);
  });

  it('gives the same answer whatever the order of records', () => {
    const records = [
      backup('a', 1),
      backup('b', 2),
      check(3, ['a']),
      verify(4, 'a', { verdict: 'fail' }),
      verify(5, 'b'),
      verify(6, 'a'),
      check(7, [], { verdict: 'fail' }),
    ];
    const expected = recoveryPointsFromRecords(records);
    fc.assert(
      fc.property(fc.shuffledSubarray(records, { minLength: records.length }), (shuffled) => {
        assert.deepEqual(recoveryPointsFromRecords(shuffled), expected);
      }),
    );
  });
});

describe('choosing a point', () => {
  const points = recoveryPointsFromRecords([
    backup('a', 1),
    verify(2, 'a'),
    backup('b', 10),
    backup('c', 20, { verdict: 'incomplete', problemCount: 1 }),
  ]);
  const chosen = (of: readonly RecoveryPoint[], minute?: number) =>
    choosePoint(of, minute === undefined ? undefined : minute * 60_000)?.id;

  it('takes the newest complete one at or before', () => {
    assert.equal(chosen(points), 'b');
    assert.equal(chosen(points, 10), 'b');
    assert.equal(chosen(points, 9.99), 'a');
    assert.equal(chosen(points, 0.5), undefined);
  });

  it('takes an incomplete one rather than none', () => {
    assert.equal(chosen(points.filter((point) => !point.complete)), 'c');
  });

  it('takes one that failed its proof last', () => {
    const failed = recoveryPointsFromRecords([
      backup('a', 1),
      backup('b', 2),
      verify(3, 'b', { verdict: 'fail' }),
    ]);
    assert.equal(chosen(failed), 'a');
    assert.equal(chosen(failed.filter((point) => point.id === 'b')), 'b');
  });

  it('finds the newest proven one', () => {
    assert.equal(newestProven(points, 'approved')?.id, 'a');
    assert.equal(newestProven(points, 'written')?.id, 'b');
    assert.equal(newestProven([], 'written'), undefined);
  });
});
