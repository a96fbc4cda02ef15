import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recordTimes } from '../../evidence/record-common.ts';
import type { StoreRecord } from '../../evidence/vault-records.ts';
import { decideStoreCheck, proveStoreAfterMs, proveStoreAgainAfterMs } from './owed-store-check.ts';

const nowMs = 1_000 * 3_600_000;
const me = { host: 'shop-1', nowMs };

function proof(endMs: number, given: Partial<StoreRecord> = {}): StoreRecord {
  return {
    type: 'store',
    id: `s${endMs}`,
    runId: 'run',
    vault: 'v',
    host: 'shop-1',
    programVersion: '0.0.0',
    verdict: 'pass',
    kind: 's3',
    probes: [{ name: 'write', verdict: 'pass' }],
    ...recordTimes(endMs - 10, endMs),
    ...given,
  };
}

const failed = { verdict: 'fail', probes: [{ name: 'clock', verdict: 'fail', message: 'late' }] } as const;

describe('decideStoreCheck', () => {
  it('proves a store that this machine never proved', () => {
    assert.deepEqual(decideStoreCheck([], me), { kind: 'run', reason: 'never' });
    const others = [proof(nowMs - 10, { host: 'shop-2' })];
    assert.deepEqual(decideStoreCheck(others, me), { kind: 'run', reason: 'never' });
  });

  it('proves once a day', () => {
    const atMs = nowMs - proveStoreAfterMs;
    assert.deepEqual(decideStoreCheck([proof(atMs)], me), { kind: 'run', reason: 'old' });
    assert.deepEqual(decideStoreCheck([proof(atMs + 1)], me), { kind: 'proved', dueMs: nowMs + 1 });
  });

  it('tells what failed until it is tried again', () => {
    const atMs = nowMs - proveStoreAgainAfterMs;
    assert.deepEqual(decideStoreCheck([proof(atMs, failed)], me), { kind: 'run', reason: 'retry' });
    assert.deepEqual(decideStoreCheck([proof(atMs + 1, failed)], me), {
      kind: 'wait',
      failure: { code: 'STORE_UNFIT', message: 'the probe "clock" of the store failed: late' },
      retryAtMs: nowMs + 1,
    });
  });

  it('counts the newest, in whatever order they come, and none of the future', () => {
    const newest = proof(nowMs - 100);
    assert.equal(decideStoreCheck([newest, proof(nowMs - 200, failed)], me).kind, 'proved');
    assert.equal(decideStoreCheck([proof(nowMs - 50, failed), newest], me).kind, 'wait');
    assert.equal(decideStoreCheck([proof(nowMs + 3_600_000)], me).kind, 'run');
  });
});
