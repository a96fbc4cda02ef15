import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backupRecord, verifyRecord } from '../../test/support/record-samples.ts';
import type { RunRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { bereftSystems, goneIds, vaultPoints } from './gone-points.ts';

const records = [
  ...[1, 2, 3].map((at) => backupRecord(`s${at}`, { startMs: at * 1000 })),
  verifyRecord('s1', 5000),
  verifyRecord('s2', 6000),
];

const bereft = (...snapshotIds: readonly string[]) =>
  bereftSystems(vaultPoints('v', { records, snapshotIds }));

test('what no record gave up and is not there is gone', () => {
  const points = vaultPoints('v', { records, snapshotIds: ['s2', 'of somebody else'] });
  assert.deepEqual(
    points.gone.map(({ snapshotId }) => snapshotId),
    ['s1', 's3'],
  );
  assert.deepEqual(
    points.there.map(({ snapshotId }) => snapshotId),
    ['s2'],
  );
  assert.deepEqual(vaultPoints('another', { records, snapshotIds: [] }), { there: [], gone: [] });
});

test('a backup that only a hold names is gone too, until a record gives it up', () => {
  const common = {
    runId: 'run',
    host: 'host',
    programVersion: '0',
    verdict: 'pass',
    ...recordTimes(1, 1),
  } as const;
  const hold = { kind: 'pin', action: 'set', reason: 'evidence', snapshotIds: ['path', 's1'] } as const;
  const held = (vault: string): RunRecord => ({ type: 'hold', id: 'h', vault, ...common, ...hold });
  const forget = {
    type: 'forget',
    id: 'f',
    vault: 'v',
    ...common,
    snapshotIds: ['path'],
    bytesFreed: 0,
  } as const;
  const gone = (more: readonly RunRecord[], ...snapshotIds: readonly string[]) =>
    goneIds('v', { records: [...records, ...more], snapshotIds });
  assert.deepEqual(gone([held('v')], 's2', 's3'), ['s1', 'path']);
  assert.deepEqual(gone([held('v')], 's2', 's3', 'path'), ['s1']);
  assert.deepEqual(gone([held('v'), forget], 's2', 's3'), ['s1']);
  assert.deepEqual(gone([held('another')], 's2', 's3'), ['s1']);
});

test('a system is bereft of its last point, and of its last proven one, not of one of several', () => {
  assert.deepEqual(bereft('s1', 's2', 's3'), []);
  assert.deepEqual(bereft('s2', 's3'), []);
  assert.deepEqual(bereft('s3'), ['db'], 'one that was never restored is not as good');
  assert.deepEqual(bereft('s1', 's2'), []);
  assert.deepEqual(bereft(), ['db']);
});
