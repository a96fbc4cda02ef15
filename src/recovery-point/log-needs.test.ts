import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logNeeds } from './log-needs.ts';
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

const lineages: Readonly<Record<string, readonly string[]>> = {
  '00000001': ['00000001'],
  '00000002': ['00000001', '00000002'],
  '00000003': ['00000001', '00000002', '00000003'],
};
const needs = (...points: readonly RecoveryPoint[]) =>
  Object.fromEntries(logNeeds(points, '73', (branch) => lineages[branch] ?? []));

test('the log is needed from the oldest point of its branch on', () => {
  assert.deepEqual(needs(point(1, '0/5000028'), point(1, '0/3000028'), point(1, '1/0')), {
    '00000001': 0x3000028n,
  });
});

test('branches before the oldest one with points are not needed, those between are', () => {
  assert.deepEqual(needs(point(3, '0/9000028')), {
    '00000001': 'nothing',
    '00000002': 'nothing',
    '00000003': 0x9000028n,
  });
  assert.deepEqual(needs(point(3, '0/9000028'), point(1, '0/3000028')), {
    '00000001': 0x3000028n,
    '00000003': 0x9000028n,
  });
});

test('without a point in this incarnation everything stays', () => {
  assert.deepEqual(needs(), {});
  assert.deepEqual(needs(point(1, '0/3000028', 'another')), {});
});
