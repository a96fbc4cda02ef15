import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backupRecord, checkRecord } from '../../../test/support/record-samples.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RunRecord } from '../../evidence/record.ts';
import { recoveryPointsFromRecords } from '../../recovery-point/points-from-records.ts';
import { lastRunOf } from './last-run.ts';

const nowMs = 10_000_000;

function lastRun(records: readonly RunRecord[], given: Partial<Parameters<typeof lastRunOf>[0]> = {}) {
  const history = { records, points: recoveryPointsFromRecords(records) };
  return lastRunOf({ planId: 'plan', system: 'db', history, nowMs, ...given });
}

describe('lastRunOf', () => {
  it('believes a run whose point was read back', () => {
    const records = [backupRecord('a', { startMs: 1000 }), checkRecord(['a'])];
    assert.deepEqual(lastRun(records), { startMs: 1000, endMs: 1100, systemHash: 'h' });
  });

  it('does not believe one that was not read back, is damaged, is gone, failed or is incomplete', () => {
    const written = backupRecord('a', { startMs: 1000 });
    assert.equal(lastRun([written])?.failure?.code, 'BACKUP_INCOMPLETE');
    const damaged = [written, checkRecord([], ['a'])];
    assert.equal(lastRun(damaged)?.failure?.code, 'VAULT_DAMAGED');
    const gone = { records: [written, checkRecord(['a'])], points: [] };
    assert.equal(lastRun([], { history: gone })?.failure?.code, 'SNAPSHOT_NOT_FOUND');
    const error = { code: 'SOURCE_LOCKED', message: 'busy' };
    const failed = backupRecord('a', { startMs: 1000, verdict: 'fail', error });
    assert.deepEqual(lastRun([failed])?.failure, error);
    const incomplete = backupRecord('a', { startMs: 1000, verdict: 'incomplete' });
    assert.equal(lastRun([incomplete])?.failure?.code, 'BACKUP_INCOMPLETE');
  });

  it('counts points only where their chain can be believed', () => {
    const trouble = new LifeboatError('OBJECT_DAMAGED', 'broken chain');
    const records = [backupRecord('a', { startMs: 1000 }), checkRecord(['a'])];
    assert.equal(lastRun([], { history: { records, points: [], trouble } })?.failure, undefined);
  });

  it('leaves out other systems and other plans that share the vault', () => {
    const records = [
      backupRecord('a', { startMs: 1000, system: 'other' }),
      backupRecord('b', { startMs: 1000, planId: 'other' }),
    ];
    assert.equal(lastRun(records), undefined);
  });

  it('looks past runs of the future when there are others', () => {
    const past = backupRecord('a', { startMs: 1000 });
    const future = backupRecord('b', { startMs: nowMs + 3_600_000 });
    const checks = checkRecord(['a', 'b']);
    assert.equal(lastRun([past, future, checks])?.startMs, 1000);
    assert.equal(lastRun([future, checks])?.startMs, nowMs + 3_600_000);
  });

  it('knows of failures that left no record, until a later run', () => {
    const attempt = { atMs: 5000, code: 'DISK_FULL', message: 'full', systemHash: 'h' };
    const before = [backupRecord('a', { startMs: 1000 }), checkRecord(['a'])];
    assert.equal(lastRun(before, { attempt })?.failure?.code, 'DISK_FULL');
    assert.equal(lastRun([], { attempt })?.startMs, 5000);
    const after = [...before, backupRecord('b', { startMs: 6000 }), checkRecord(['b'])];
    assert.equal(lastRun(after, { attempt })?.failure, undefined);
    const wrongClock = { ...attempt, atMs: nowMs + 3_600_000 };
    assert.equal(lastRun(before, { attempt: wrongClock })?.failure, undefined);
  });
});
