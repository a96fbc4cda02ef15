import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { backupRecord, checkRecord, verifyRecord } from '../../../test/support/record-samples.ts';
import type { RunRecord } from '../../evidence/record.ts';
import { recoveryPointsFromRecords } from '../../recovery-point/points-from-records.ts';
import { decideProof, type ProofDecision, type ProofQuestion, proveAgainAfterMs } from './owed-proof.ts';

const hourMs = 3_600_000;
const proofAgeMs = 10 * hourMs;
const nowMs = 100 * hourMs;

function decide(
  vaults: Readonly<Record<string, readonly RunRecord[]>>,
  given: Partial<ProofQuestion> = {},
): ProofDecision {
  const facts = Object.entries(vaults).map(([vault, records]) => ({
    vault,
    records,
    points: recoveryPointsFromRecords(records),
  }));
  return decideProof({
    planId: 'plan',
    system: 'db',
    systemHash: 'h',
    proofAgeMs,
    vaults: facts,
    nowMs,
    ...given,
  });
}

const newPoint = [backupRecord('a', { startMs: nowMs - hourMs }), checkRecord(['a'])];
const provenAt = (endMs: number) => [...newPoint, verifyRecord('a', endMs)];

describe('decideProof', () => {
  it('proves the first point at once', () => {
    assert.deepEqual(decide({ here: newPoint }), {
      kind: 'verify',
      reason: 'never',
      vault: 'here',
      pointId: 'a',
    });
  });

  it('renews a proof at half the age that is allowed', () => {
    const atMs = nowMs - 5 * hourMs;
    assert.deepEqual(decide({ here: provenAt(atMs) }), { kind: 'proven', dueMs: nowMs });
    const later = decide({ here: provenAt(atMs) }, { nowMs: nowMs + 1 });
    assert.equal(later.kind === 'verify' && later.reason, 'old');
  });

  it('takes a proof for nothing that was made of another description of the system', () => {
    const records = provenAt(nowMs - hourMs);
    assert.deepEqual(decide({ here: records }, { systemHash: 'changed' }), { kind: 'no-point' });
    const renewed = [...records, backupRecord('b', { startMs: nowMs - 10, systemHash: 'changed' })];
    const decision = decide({ here: [...renewed, checkRecord(['b'])] }, { systemHash: 'changed' });
    assert.equal(decision.kind === 'verify' && decision.pointId, 'b');
  });

  it('lets vaults take turns', () => {
    const old = provenAt(nowMs - 6 * hourMs);
    const older = provenAt(nowMs - 7 * hourMs);
    const vaultOf = (decision: ProofDecision) => decision.kind === 'verify' && decision.vault;
    assert.equal(vaultOf(decide({ here: old, away: older })), 'away');
    assert.equal(vaultOf(decide({ here: old, away: newPoint })), 'away');
    assert.equal(vaultOf(decide({ here: newPoint, away: newPoint })), 'here');
  });

  it('waits after a proof that failed, and is not proven meanwhile', () => {
    const failedAtMs = nowMs - 10 * 60_000;
    const records = [...provenAt(nowMs - hourMs), verifyRecord('a', failedAtMs, { verdict: 'fail' })];
    const decision = decide({ here: records });
    assert.equal(decision.kind, 'wait');
    assert.equal(decision.kind === 'wait' && decision.failure.code, 'VERIFICATION_FAILED');
    const again = decide({ here: records }, { nowMs: failedAtMs + proveAgainAfterMs });
    assert.equal(again.kind === 'verify' && again.reason, 'retry');
    const open = [...newPoint, verifyRecord('a', failedAtMs, { verdict: 'inconclusive' })];
    const waiting = decide({ here: open });
    assert.equal(waiting.kind === 'wait' && waiting.failure.code, 'VERIFICATION_INCONCLUSIVE');
  });

  it('prefers a newer point to one that failed', () => {
    const failed = verifyRecord('a', nowMs - 2 * hourMs, { verdict: 'fail' });
    const newer = backupRecord('b', { startMs: nowMs - 60_000 });
    const decision = decide({ here: [...newPoint, failed, newer, checkRecord(['b'])] });
    assert.equal(decision.kind === 'verify' && decision.pointId, 'b');
  });

  it('remembers proofs that could not be made and left no record', () => {
    const attempt = { atMs: nowMs - 60_000, code: 'VAULT_LOCKED', message: 'locked', systemHash: 'h' };
    assert.equal(decide({ here: newPoint }, { attempt }).kind, 'wait');
    assert.equal(decide({ here: newPoint }, { attempt: { ...attempt, systemHash: 'x' } }).kind, 'verify');
    assert.equal(decide({ here: provenAt(nowMs) }, { attempt }).kind, 'proven');
  });

  it('is never proven by nothing', () => {
    assert.deepEqual(decide({}), { kind: 'no-point' });
    const incomplete = backupRecord('a', { startMs: 1, verdict: 'incomplete' });
    assert.deepEqual(decide({ here: [incomplete] }), { kind: 'no-point' });
    assert.equal(decide({ here: provenAt(nowMs + hourMs) }).kind, 'verify');
  });

  it('is proven only while the newest proof is fresh and nothing failed since, whatever the history', () => {
    const verdicts = fc.constantFrom('pass' as const, 'fail' as const, 'inconclusive' as const);
    const history = fc.array(fc.record({ agoMs: fc.nat(2 * proofAgeMs), verdict: verdicts }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(history, (proofs) => {
        const records = proofs.map(({ agoMs, verdict }, index) =>
          verifyRecord('a', nowMs - agoMs, { verdict, id: `verify-${index}` }),
        );
        if (decide({ here: [...newPoint, ...records] }).kind !== 'proven') return;
        const newest = records.toSorted((a, b) => b.endMs - a.endMs)[0];
        const times = records.filter(({ endMs }) => endMs === newest?.endMs);
        assert.ok(times.some(({ verdict }) => verdict === 'pass'));
        assert.ok((newest?.endMs ?? 0) >= nowMs - proofAgeMs / 2);
      }),
    );
  });
});
