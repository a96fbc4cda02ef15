import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { choreAgainAfterMs, chorePatienceMs, decideChore, isOnlyPostponed } from './chore.ts';

const nowMs = Date.UTC(2026, 10, 1);
const failed = (atMs: number) => ({ atMs, code: 'STORE_UNAVAILABLE', message: 'away', systemHash: '' });

test('what failed waits an hour, and what failed in the future does not', () => {
  assert.deepEqual(decideChore(undefined, nowMs), { kind: 'run' });
  assert.deepEqual(decideChore(failed(nowMs - choreAgainAfterMs + 1), nowMs), {
    kind: 'wait',
    failure: { code: 'STORE_UNAVAILABLE', message: 'away' },
    retryAtMs: nowMs + 1,
  });
  assert.deepEqual(decideChore(failed(nowMs - choreAgainAfterMs), nowMs), { kind: 'run' });
  assert.deepEqual(decideChore(failed(nowMs + 1), nowMs), { kind: 'run' });
});

test('only what others hold is postponed, and not for ever', () => {
  const locked = new LifeboatError('VAULT_LOCKED', 'held');
  assert.equal(isOnlyPostponed(locked, { owedSinceMs: nowMs - chorePatienceMs + 1 }, nowMs), true);
  assert.equal(isOnlyPostponed(locked, { owedSinceMs: nowMs - chorePatienceMs }, nowMs), false);
  assert.equal(
    isOnlyPostponed(new LifeboatError('STORE_DENIED', 'no'), { owedSinceMs: nowMs }, nowMs),
    false,
  );
});
