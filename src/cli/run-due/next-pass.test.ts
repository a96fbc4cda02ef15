import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { parsePlan } from '../../plan/parse-plan.ts';
import { resolvePlan } from '../../plan/resolve-plan.ts';
import { nextPassAt, passIntervalMsMax, passIntervalMsMin } from './next-pass.ts';
import { retryAfterMs } from './owed-backup.ts';

const startMs = Date.parse('2026-11-10T12:30:00Z');

function systems(schedule: string) {
  const { plan } = parsePlan(
    `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77, name: T, owner: Jane }
vaults: { here: { location: ./here } }
systems: { db: { source: { kind: files, paths: [./a] }, schedule: ${schedule}, checks: [files] } }
`,
    'lifeboat.yaml',
  );
  assert.ok(plan);
  return resolvePlan(plan).systems;
}

const end = { findings: [], proofDueMs: [], startMs, nowMs: startMs };

test('the next pass comes with the next due time, and within the hour in any case', () => {
  assert.equal(nextPassAt({ ...end, systems: systems('every 15 min') }), startMs + 15 * 60_000);
  assert.equal(nextPassAt({ ...end, systems: systems('daily at 02:00') }), startMs + passIntervalMsMax);
});

test('what came due during a long pass is not left for later', () => {
  const nowMs = startMs + 40 * 60_000;
  assert.equal(nextPassAt({ ...end, systems: systems('every 15 min'), nowMs }), nowMs + passIntervalMsMin);
});

test('failures are tried again before the next due time, and proofs are renewed', () => {
  const error = new LifeboatError('VAULT_NOT_FOUND', 'away');
  const failed = { subject: 'vault away', systems: ['db'], error };
  const daily = systems('daily at 02:00');
  assert.equal(nextPassAt({ ...end, systems: daily, findings: [failed] }), startMs + retryAfterMs);
  const waiting = { ...failed, retryAtMs: startMs + 5000 };
  assert.equal(nextPassAt({ ...end, systems: daily, findings: [waiting] }), startMs + 5000);
  assert.equal(nextPassAt({ ...end, systems: daily, proofDueMs: [startMs + 7000] }), startMs + 7000);
});
