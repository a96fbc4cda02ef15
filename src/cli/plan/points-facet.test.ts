import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backupRecord, checkRecord, verifyRecord } from '../../../test/support/record-samples.ts';
import type { RunRecord } from '../../evidence/record.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import { recoveryPointsFromRecords } from '../../recovery-point/points-from-records.ts';
import { pointsFacet } from './points-facet.ts';

const nowMs = 1_000_000;
const old = 'a'.repeat(64);
const newer = 'b'.repeat(64);
const backups = [backupRecord(old, { startMs: 1000 }), backupRecord(newer, { startMs: 2000 })];

function shown(records: readonly RunRecord[], { planned = ['db'], there = [old, newer] } = {}) {
  const all = [...backups, ...records];
  const points = recoveryPointsFromRecords(all).filter(({ snapshotId }) => there.includes(snapshotId));
  const history = { vault: 'here', role: 'primary', readAtMs: nowMs, records: all, points };
  const systems = planned.map((system) => ({ system }));
  const [facet] = pointsFacet({ history: { ...history, snapshotIds: there }, systems, nowMs });
  assert.ok(facet);
  const { status, words, code, fields } = facet;
  return { said: [status, code, words], fields };
}

const failed = (id: string, atMs: number) =>
  verifyRecord(id, atMs, {
    verdict: 'fail',
    restored: true,
    error: { code: 'VERIFICATION_FAILED', message: 'x' },
  });

test('a point that failed its proof is shown for as long as it is there, and is no damage', () => {
  const unproven = shown([failed(old, 3000)]);
  const open = '1 of 2 points failed a proof, and no newer one of db is proven';
  assert.deepEqual(unproven.said, ['failed', 'VERIFICATION_FAILED', open]);
  assert.deepEqual(unproven.fields, { points: 2, damaged: 0, failed_proofs: 1, gone: 0 });
  const proven = shown([failed(old, 3000), verifyRecord(newer, 4000)]);
  const over = '1 of 2 points failed a proof; newer ones of db are proven';
  assert.deepEqual(proven.said, ['unknown', undefined, over]);
  const elder = shown([verifyRecord(old, 3000), failed(newer, 4000)]);
  assert.deepEqual(
    elder.said,
    ['failed', 'VERIFICATION_FAILED', open],
    'an older one that is proven is no comfort',
  );
  const unplanned = shown([failed(old, 3000)], { planned: ['shop'] });
  assert.deepEqual(unplanned.said, ['unknown', undefined, open]);
});

test('what a check or a restore found damaged is damage, whatever newer points prove', () => {
  const words = '1 of 2 points met damage, and nothing has proved them since';
  const check = { ...checkRecord([newer], [old]), ...recordTimes(3000, 3000) };
  const proof = verifyRecord(newer, 4000);
  assert.deepEqual(shown([check, proof]).said, ['failed', 'VAULT_DAMAGED', words]);
  const error = { code: 'OBJECT_DAMAGED', message: 'x' };
  const met = verifyRecord(old, 3000, { verdict: 'fail', restored: false, error });
  assert.deepEqual(shown([met, proof]).said, ['failed', 'VAULT_DAMAGED', words]);
});

test('one thing does not hide another', () => {
  const there = [old];
  const both = shown([failed(old, 3000)], { there }).said;
  assert.deepEqual(both.slice(0, 1), ['failed']);
  assert.match(String(both[2]), /^(?=.*1 of 1 point failed a proof)(?=.*gone)/);
});
