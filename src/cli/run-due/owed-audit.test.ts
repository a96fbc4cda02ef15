import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunRecord } from '../../evidence/record.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import { auditEveryMs, decideAudit } from './owed-audit.ts';

const dayMs = 86_400_000;
const common = {
  id: 'r',
  runId: 'run',
  vault: 'v',
  host: 'h',
  programVersion: '1',
  verdict: 'pass',
} as const;

function copied(endMs: number): RunRecord {
  return { type: 'copy', ...common, ...recordTimes(endMs, endMs) } as RunRecord;
}

function audited(endMs: number, extended?: number): RunRecord {
  const counts = { objects: 1, objectsWithoutRetention: 0, deletionsTried: 0, deletionsRefused: 0 };
  const known = extended === undefined ? {} : { objectsExtended: extended };
  return { type: 'audit', ...common, ...recordTimes(endMs, endMs), ...counts, ...known };
}

test('a vault without points has nothing to retain', () => {
  assert.deepEqual(decideAudit([], 30 * dayMs, dayMs), { kind: 'wait' });
  assert.deepEqual(decideAudit([audited(5, 0)], 30 * dayMs, dayMs), { kind: 'wait' });
});

test('it is owed with the first point, then every day', () => {
  const at = 10 * dayMs;
  assert.deepEqual(decideAudit([copied(at)], 30 * dayMs, at), { kind: 'audit', sinceMs: at });
  const done = [copied(at), audited(at, 0)];
  const dueMs = at + auditEveryMs;
  assert.deepEqual(decideAudit(done, 30 * dayMs, dueMs - 1), { kind: 'wait', dueMs });
  assert.deepEqual(decideAudit(done, 30 * dayMs, dueMs), { kind: 'audit', sinceMs: dueMs });
});

test('a short time is extended so often that a quarter of it is always left', () => {
  const at = 10 * dayMs;
  const decision = decideAudit([copied(at), audited(at, 3)], dayMs, at + dayMs / 4);
  assert.deepEqual(decision, { kind: 'audit', sinceMs: at + dayMs / 4 });
});

test('an audit that only looked extends nothing, nor does one of a clock that was wrong', () => {
  const at = 10 * dayMs;
  const records = [copied(at), audited(at + 1), audited(at + 100 * dayMs, 5)];
  assert.equal(decideAudit(records, 30 * dayMs, at + dayMs).kind, 'audit');
});
