import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initRecord } from '../../../test/integration/some-record.ts';
import type { RunRecord } from '../../evidence/record.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import { decidePrune, pruneAnywayAfterMs, pruneEveryMs } from './owed-prune.ts';

const start = Date.UTC(2026, 10, 1);
const hourMs = 3_600_000;
const { type: _, ...common } = initRecord('vault', 'id');

function forget(endMs: number): RunRecord {
  const gone = { snapshotIds: ['a'], bytesFreed: 0, reason: 'r' };
  return { ...common, ...{ type: 'forget', ...recordTimes(endMs, endMs) }, ...gone };
}

function prune(endMs: number, removableAtMs?: number): RunRecord {
  const bytes = { bytesReclaimed: 0, bytesPending: removableAtMs === undefined ? 0 : 5, bytesRewritten: 0 };
  const when = removableAtMs === undefined ? {} : { removableAtMs };
  return {
    ...common,
    ...{ type: 'prune', phase: 'mark', packs: 1 },
    ...recordTimes(endMs, endMs),
    ...bytes,
    ...when,
  };
}

test('where nothing was ever given up and the plan keeps everything, nothing is owed', () => {
  const records = [{ ...initRecord('vault', 'id'), ...recordTimes(start, start) }];
  assert.deepEqual(decidePrune(records, false, start + 10 * pruneAnywayAfterMs), { kind: 'nothing' });
  assert.deepEqual(decidePrune([], true, start), { kind: 'nothing' });
  const regular = decidePrune(records, true, start + pruneAnywayAfterMs);
  assert.deepEqual(regular, { kind: 'prune', reason: 'regular', sinceMs: start + pruneAnywayAfterMs });
});

test('points that were given up are followed by a prune, about once a day', () => {
  const first = decidePrune([forget(start)], false, start);
  assert.deepEqual(first, { kind: 'prune', reason: 'given-up', sinceMs: start });
  const records = [prune(start), forget(start + hourMs)];
  const dueMs = start + pruneEveryMs;
  assert.deepEqual(decidePrune(records, true, start + 2 * hourMs), { kind: 'nothing', dueMs });
  assert.equal(decidePrune(records, true, dueMs).kind, 'prune');
});

test('what is pending is removed when its time has come', () => {
  const removableAtMs = start + 40 * hourMs;
  const records = [forget(start - hourMs), prune(start, removableAtMs)];
  assert.deepEqual(decidePrune(records, true, removableAtMs - 1), { kind: 'nothing', dueMs: removableAtMs });
  const due = decidePrune(records, true, removableAtMs);
  assert.deepEqual(due, { kind: 'prune', reason: 'pending', sinceMs: removableAtMs });
});

test('a record of the future is not believed', () => {
  const records = [forget(start), prune(start + 100 * pruneEveryMs)];
  assert.equal(decidePrune(records, false, start + hourMs).kind, 'prune');
});
