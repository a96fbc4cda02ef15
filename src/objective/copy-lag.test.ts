import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assessCopyLag, type CopyLagFacts } from './copy-lag.ts';

const hourMs = 3_600_000;
const nowMs = 100 * hourMs;
const facts: CopyLagFacts = { system: 'db', vault: 'away', factsAtMs: nowMs, owedPoints: 0 };
const since = (hours: number): CopyLagFacts => ({
  ...facts,
  owedPoints: 2,
  owedSinceMs: nowMs - hours * hourMs,
});

const cases: readonly [string, CopyLagFacts, string, number | undefined][] = [
  ['nothing is owed', facts, 'met', 0],
  ['a little late', since(1), 'met', hourMs],
  ['nearly too late', since(1.9), 'at-risk', 1.9 * hourMs],
  ['too late', since(2.5), 'breached', 2.5 * hourMs],
  ['the vault was never read', { system: 'db', vault: 'away', owedPoints: 0 }, 'unknown', undefined],
  ['what is known is too old', { ...facts, factsAtMs: nowMs - 3 * hourMs }, 'unknown', undefined],
  ['the vault is away', { ...since(0), doubt: 'away cannot be counted on' }, 'unknown', undefined],
  ['a clock is wrong', since(-5), 'unknown', undefined],
];
for (const [name, lag, status, measuredMs] of cases) {
  test(`copy lag: ${name} is ${status}`, () => {
    const assessed = assessCopyLag(lag, 2 * hourMs, nowMs);
    assert.deepEqual([assessed.status, assessed.measuredMs], [status, measuredMs]);
    assert.equal(assessed.nextAction === undefined, status === 'met');
  });
}

test('a breach says how many points are missing, since when, and what to do', () => {
  const { reason, nextAction } = assessCopyLag(since(3), hourMs, nowMs);
  assert.equal(reason, 'away lacks 2 points since 3 h');
  assert.equal(nextAction, 'lifeboat copy db --to away');
});
