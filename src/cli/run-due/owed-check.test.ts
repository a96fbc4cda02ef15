import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initRecord } from '../../../test/integration/some-record.ts';
import type { CheckRecord, RunRecord } from '../../evidence/record.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import { checkEveryMs, decideCheck } from './owed-check.ts';

const start = Date.UTC(2026, 10, 1);
const { type: _, ...common } = initRecord('vault', 'id');

function check(endMs: number, coverage?: CheckRecord['coverage']): RunRecord {
  return {
    ...{ ...common, type: 'check', ...recordTimes(endMs, endMs), scope: 'part' },
    ...{ snapshotIds: [], damagedSnapshotIds: [], packsRead: 1, bytesRead: 1 },
    ...(coverage === undefined ? {} : { coverage }),
  };
}

function backup(endMs: number): RunRecord {
  return {
    ...{ ...common, type: 'backup', ...recordTimes(endMs, endMs), trigger: 'manual', files: 1 },
    ...{ directories: 1, bytes: 1, bytesAdded: 1, values: {}, problemCount: 0, writerPauseMs: 0 },
  };
}

const coverage = { withinMs: 1, bytes: 1, ofBytes: 1 };

test('a vault without points owes nothing', () => {
  assert.deepEqual(decideCheck([initRecord('vault', 'id')], start), { kind: 'wait' });
});

test('the first share is due a day after the first point, then a day after each', () => {
  const records = [backup(start), backup(start + 1000)];
  const dueMs = start + checkEveryMs;
  assert.deepEqual(decideCheck(records, dueMs - 1), { kind: 'wait', dueMs });
  assert.deepEqual(decideCheck(records, dueMs), { kind: 'check', sinceMs: dueMs });
  const checked = [...records, check(dueMs, coverage)];
  assert.deepEqual(decideCheck(checked, dueMs + 1), { kind: 'wait', dueMs: dueMs + checkEveryMs });
  assert.deepEqual(decideCheck(checked, dueMs + checkEveryMs), {
    kind: 'check',
    sinceMs: dueMs + checkEveryMs,
  });
});

test('reading back a backup is no rolling check, and a record of the future none that counts', () => {
  const now = start + checkEveryMs;
  assert.deepEqual(decideCheck([backup(start), check(now)], now), { kind: 'check', sinceMs: now });
  const future = check(now + 10 * checkEveryMs, coverage);
  assert.deepEqual(decideCheck([backup(start), future], now), { kind: 'check', sinceMs: now });
});
