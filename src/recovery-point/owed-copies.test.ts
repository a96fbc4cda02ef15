import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backupRecord } from '../../test/support/record-samples.ts';
import type { RunRecord } from '../evidence/record.ts';
import { type CopyQuestion, owedCopies } from './owed-copies.ts';
import { recoveryPointsFromRecords } from './points-from-records.ts';
import type { RecoveryPoint } from './recovery-point.ts';
import type { RetentionPolicy } from './retention-policy.ts';

const dayMs = 86_400_000;
const nowMs = Date.parse('2026-11-20T12:00:00Z');
const step = { atMs: nowMs, recordId: 'r' };

function point(vault: string, daysAgo: number, more: Partial<RecoveryPoint> = {}): RecoveryPoint {
  const id = `${vault}-${daysAgo}`;
  return {
    id,
    snapshotId: id,
    system: 'db',
    vault,
    capturedAtMs: nowMs - daysAgo * dayMs,
    complete: true,
    position: { kind: 'none' },
    bytes: 1,
    files: 1,
    proof: { written: step, checked: step },
    ...more,
  };
}

function owed(
  here: readonly RecoveryPoint[],
  away: readonly RecoveryPoint[],
  policies: readonly RetentionPolicy[] = [],
  records: readonly RunRecord[] = [],
): readonly string[] {
  const question: CopyQuestion = {
    system: 'db',
    target: { vault: 'away', records, points: away },
    sources: [{ vault: 'here', records: [], points: here }],
    policies,
    nowMs,
  };
  return owedCopies(question).map(({ point: { id } }) => id);
}

const days = (...list: readonly number[]) => list.map((day) => point('here', day));
const daily2: RetentionPolicy = { counts: { daily: 2 } };

test('an empty vault is owed the newest point, and with a retention what that keeps', () => {
  assert.deepEqual(owed(days(4, 3, 2, 1), []), ['here-1']);
  assert.deepEqual(owed(days(4, 3, 2, 1), [], [daily2]), ['here-2', 'here-1']);
});

test('a vault that was away is owed all that is newer than what it has', () => {
  assert.deepEqual(owed(days(4, 3, 2, 1), [point('away', 3)]), ['here-2', 'here-1']);
  assert.deepEqual(owed(days(4, 3, 2, 1), [point('away', 3)], [daily2]), ['here-2', 'here-1']);
  assert.deepEqual(owed(days(4, 3, 2, 1), [point('away', 1)]), []);
});

test('a point that a wrong clock dated ahead keeps nothing newer away', () => {
  const ahead = point('away', -900, { capturedAtMs: nowMs + 900 * dayMs });
  const here = [...days(4, 3, 2, 1), point('here', -900)];
  assert.deepEqual(owed(here, [point('away', 3), ahead]), ['here-2', 'here-1']);
  assert.deepEqual(owed(here, [ahead], [{ counts: { last: 1 } }]), ['here-1']);
  assert.deepEqual(owed(here, [], [{ counts: { last: 2 } }]), ['here-2', 'here-1', 'here--900']);
});

test('points that something speaks against, or of other systems, are not passed on', () => {
  const failure = { ...step, foundBy: 'check' as const };
  assert.deepEqual(owed([point('here', 2), point('here', 1, { failure })], []), ['here-2']);
  assert.deepEqual(owed([point('here', 1, { system: 'other' })], []), []);
});

test('an incomplete newest point does not keep the newest complete one away', () => {
  assert.deepEqual(owed([...days(3, 2), point('here', 1, { complete: false })], []), ['here-2', 'here-1']);
});

test('a copy that was never read back is owed again, a damaged one is not', () => {
  const unread = point('away', 1, { proof: { written: step } });
  assert.deepEqual(owed(days(1), [unread]), ['here-1']);
  const failure = { ...step, foundBy: 'check' as const };
  assert.deepEqual(owed(days(1), [point('away', 1, { failure })]), []);
});

test('what retention gave up in the target is never owed again', () => {
  const times = { start: '', end: '', startMs: nowMs, endMs: nowMs };
  const common = {
    id: 'i',
    runId: 'r',
    vault: 'away',
    host: 'h',
    programVersion: '0',
    verdict: 'pass',
    ...times,
  } as const;
  const figures = {
    files: 1,
    directories: 1,
    bytes: 1,
    bytesAdded: 1,
    values: {},
    problemCount: 0,
    writerPauseMs: 0,
  };
  const from = { vault: 'here', snapshotId: 'here-1' };
  const records: readonly RunRecord[] = [
    {
      type: 'copy',
      ...common,
      ...figures,
      system: 'db',
      trigger: 'manual',
      from,
      snapshotId: 'x',
      capturedAtMs: nowMs - dayMs,
    },
    { type: 'forget', ...common, snapshotIds: ['x'], bytesFreed: 0 },
  ];
  assert.deepEqual(owed(days(1), [], [], records), []);
  assert.deepEqual(owed(days(1), [], [daily2], records), []);
});

test('what is owed is enough: once it is there nothing is owed, and retention drops none of it', () => {
  const someDays = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 25 });
  const policies = fc.constantFrom<readonly RetentionPolicy[]>(
    [],
    [daily2],
    [{ counts: { weekly: 3, last: 1 } }],
  );
  fc.assert(
    fc.property(someDays, someDays, policies, (here, away, policy) => {
      const sources = here.map((day) => point('here', day));
      const had = away.map((day) => point('away', day));
      const copied = owed(sources, had, policy).map((id) => point('away', Number(id.slice('here-'.length))));
      assert.deepEqual(owed(sources, [...had, ...copied], policy), []);
    }),
  );
});

test('the day of a point is that of the clock where it was taken, as retention sees it', () => {
  // by UTC the last two are of one day
  const starts = ['2026-11-17T17:30:00+05:30', '2026-11-18T22:30:00+05:30', '2026-11-19T01:30:00+05:30'];
  const records = starts.map((start): RunRecord => {
    const startMs = Date.parse(start);
    return { ...backupRecord(start, { startMs, capturedAtMs: startMs + 1000 }), start };
  });
  const points = recoveryPointsFromRecords(records);
  const question: CopyQuestion = {
    ...{ system: 'db', policies: [daily2], nowMs },
    target: { vault: 'away', records: [], points: [] },
    sources: [{ vault: 'here', records, points }],
  };
  assert.deepEqual(
    owedCopies(question).map(({ point: { id } }) => id),
    starts.slice(1),
  );
});
