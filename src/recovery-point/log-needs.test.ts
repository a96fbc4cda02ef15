import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BranchPart, logNeeds, pointsKeptFor } from './log-needs.ts';
import type { RecoveryPoint } from './recovery-point.ts';

function point(timeline: number, base: string, systemId = '73'): RecoveryPoint {
  const id = `${timeline} ${base}`;
  return {
    ...{ id, system: 'db', vault: 'v', snapshotId: id, capturedAtMs: 1, complete: true, bytes: 1, files: 1 },
    proof: { written: { atMs: 1, recordId: 'r' } },
    position: {
      ...{ kind: 'postgres', systemId, timeline, base, at: base, serverVersion: '15.1' },
      ...{ segmentBytes: 16_777_216, hasLog: true },
    },
  };
}

const first = { branch: '00000001', end: 0x6000100n };
const second = { branch: '00000002', end: 0x9000800n };
const lineages = new Map<string, readonly BranchPart[]>([
  ['00000001', [{ branch: '00000001' }]],
  ['00000002', [first, { branch: '00000002' }]],
  ['00000003', [first, second, { branch: '00000003' }]],
]);
const needs = (...points: readonly RecoveryPoint[]) => Object.fromEntries(logNeeds(points, '73', lineages));

test('the log is needed from the segment on in which the oldest point of its branch begins', () => {
  assert.deepEqual(needs(point(1, '0/5000028'), point(1, '0/3C0FFEE'), point(1, '1/0')), {
    '00000001': 0x3000000n,
  });
});

test('branches before the oldest one with points are not needed, those between are', () => {
  assert.deepEqual(needs(point(3, '0/A000028')), {
    '00000001': 'nothing',
    '00000002': 'nothing',
    '00000003': 0xa000000n,
  });
});

test('a branch along which an older point is brought forward stays whole', () => {
  assert.deepEqual(needs(point(3, '0/A000028'), point(1, '0/3000028')), { '00000001': 0x3000000n });
  // it was taken on the first branch after that was left for the second
  assert.deepEqual(needs(point(3, '0/A000028'), point(1, '0/7000028')), {
    '00000001': 0x7000000n,
    '00000002': 'nothing',
    '00000003': 0xa000000n,
  });
});

test('of the branch before, the segment is needed in which it was left and in which a point begins', () => {
  assert.deepEqual(needs(point(3, '0/9000828')), {
    '00000001': 'nothing',
    '00000002': 0x9000000n,
    '00000003': 0x9000000n,
  });
});

test('without a point in this incarnation everything stays', () => {
  assert.deepEqual(needs(), {});
  assert.deepEqual(needs(point(1, '0/3000028', 'another')), {});
});

test('a point of a branch that was left is no base for what came of another', () => {
  const checked = { written: { atMs: 1, recordId: 'r' }, checked: { atMs: 1, recordId: 'r' } };
  const at = (timeline: number, base: string, capturedAtMs: number) => ({
    ...point(timeline, base),
    ...{ capturedAtMs, proof: checked },
  });
  const points = [at(1, '0/3000028', 1), at(1, '0/8000028', 2), at(3, '0/A000028', 6)];
  const kept = pointsKeptFor(points, 5, lineages);
  assert.deepEqual(
    kept.map(({ capturedAtMs }) => capturedAtMs),
    [1, 2, 6],
  );
});

test('a log that is kept for some time keeps what the moments of that time stand on', () => {
  const checked = { written: { atMs: 1, recordId: 'r' }, checked: { atMs: 1, recordId: 'r' } };
  const at = (capturedAtMs: number, proof: RecoveryPoint['proof'] = checked) => ({
    ...point(1, `0/${capturedAtMs}000028`),
    ...{ capturedAtMs, proof },
  });
  const times = (points: readonly RecoveryPoint[], sinceMs: number) =>
    pointsKeptFor(points, sinceMs, lineages).map(({ capturedAtMs }) => capturedAtMs);
  assert.deepEqual(times([at(1), at(2), at(4), at(6)], 5), [4, 6]);
  const unread = at(4, { written: { atMs: 1, recordId: 'r' } });
  assert.deepEqual(times([at(1), at(2), unread, at(6)], 5), [2, 4, 6]);
  assert.deepEqual(times([unread, at(6)], 5), [4, 6]);
  assert.deepEqual(times([at(1), at(2)], 5), [2], 'the newest base is never without its log');
});
