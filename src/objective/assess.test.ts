import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { assess, assessmentTitle } from './assess.ts';
import type { Status, SystemObjective } from './objective.ts';
import { rpoBreachAt } from './rpo-forecast.ts';
import type { SystemFacts } from './system-facts.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const nowMs = Date.UTC(2026, 10, 20, 12);
const rpo: SystemObjective = { kind: 'rpo', targetMs: hourMs };
const rto: SystemObjective = { kind: 'rto', targetMs: hourMs };
const proofAge: SystemObjective = { kind: 'proof-age', targetMs: 7 * 24 * hourMs };

const healthy: SystemFacts = {
  system: 'orders-db',
  systemHash: 'v1:a',
  factsAtMs: nowMs,
  newestChecked: { pointId: 'a', capturedAtMs: nowMs - 10 * minuteMs },
  lastProof: { pointId: 'a', atMs: nowMs - 24 * hourMs, durationMs: 4 * minuteMs },
  nextRunMs: nowMs + 20 * minuteMs,
};

const checkedAgo = (agoMs: number) => ({ newestChecked: { pointId: 'a', capturedAtMs: nowMs - agoMs } });

/** Facts without some of their fields. */
function without(facts: SystemFacts, ...names: readonly (keyof SystemFacts)[]): SystemFacts {
  const kept = Object.entries(facts).filter(([name]) => !names.some((gone) => gone === name));
  return { system: facts.system, systemHash: facts.systemHash, ...Object.fromEntries(kept) };
}

const cases: readonly (readonly [string, SystemObjective, Partial<SystemFacts>, string])[] = [
  ['a fresh checked point', rpo, {}, 'met: the newest checked point is 10 min old'],
  [
    'an old checked point',
    rpo,
    checkedAgo(190 * minuteMs),
    'breached: the newest checked point is 3 h 10 min old against 1 h',
  ],
  [
    'a newer point that is incomplete',
    rpo,
    { ...checkedAgo(190 * minuteMs), newestAny: { pointId: 'b', capturedAtMs: nowMs, flaw: 'incomplete' } },
    'breached: the newest checked point is 3 h 10 min old against 1 h; a newer one is incomplete',
  ],
  [
    'a next run that comes too late',
    rpo,
    { nextRunMs: nowMs + 55 * minuteMs },
    'at-risk: the next run comes after the objective is breached in 50 min',
  ],
  [
    'a run that is overdue',
    rpo,
    { ...checkedAgo(50 * minuteMs), nextRunMs: nowMs - 5 * minuteMs },
    'at-risk: a run is overdue by 5 min, breach in 10 min',
  ],
  [
    'most of the time used up, the next run in time',
    rpo,
    { ...checkedAgo(50 * minuteMs), nextRunMs: nowMs + minuteMs },
    'met: the newest checked point is 50 min old',
  ],
  [
    'old facts',
    rpo,
    { factsAtMs: nowMs - 2 * hourMs },
    'unknown: what is known is 2 h old, older than the objective',
  ],
  [
    'a point from the future',
    rpo,
    checkedAgo(-hourMs),
    'unknown: the newest recovery point lies in the future: a clock was set back or is wrong',
  ],
  [
    'facts from the future',
    rpo,
    { factsAtMs: nowMs + hourMs },
    'unknown: what is known lies in the future: a clock was set back or is wrong',
  ],
  [
    'clocks of two hosts half a minute apart',
    rpo,
    checkedAgo(-minuteMs / 2),
    'met: the newest checked point is 0 ms old',
  ],
  ['a quick restore', rto, {}, 'met: the last proving restore took 4 min against 1 h'],
  [
    'a restore above four fifths',
    rto,
    { lastProof: { pointId: 'a', atMs: nowMs, durationMs: 50 * minuteMs } },
    'at-risk: the last proving restore took 50 min against 1 h',
  ],
  [
    'a slow restore',
    rto,
    { lastProof: { pointId: 'a', atMs: nowMs, durationMs: 61 * minuteMs } },
    'breached: the last proving restore took 1 h 1 min against 1 h',
  ],
  ['a recent proof', proofAge, {}, 'met: the last proof by restore is 1 d old against 7 d'],
  [
    'a proof of six days',
    proofAge,
    { lastProof: { pointId: 'a', atMs: nowMs - 6 * 24 * hourMs, durationMs: 1 } },
    'at-risk: the last proof by restore is 6 d old against 7 d',
  ],
  [
    'a proof of eight days',
    proofAge,
    { lastProof: { pointId: 'a', atMs: nowMs - 8 * 24 * hourMs, durationMs: 1 } },
    'breached: the last proof by restore is 8 d old against 7 d',
  ],
  [
    'a proof that failed since',
    proofAge,
    { lastProofFailureAtMs: nowMs - hourMs },
    'breached: the last restore for proof showed wrong data',
  ],
];

describe('assess', () => {
  for (const [name, objective, change, expected] of cases) {
    it(`${objective.kind}: ${name}`, () => {
      const { status, reason } = assess(objective, { ...healthy, ...change }, nowMs);
      assert.equal(`${status}: ${reason}`, expected);
    });
  }

  it('calls a system without any point breached, without a checked one unknown', () => {
    const none = without(healthy, 'newestChecked');
    assert.equal(assess(rpo, none, nowMs).reason, 'there is no recovery point');
    assert.equal(assess(rpo, none, nowMs).status, 'breached');
    const unchecked = assess(
      rpo,
      { ...none, newestAny: { pointId: 'b', capturedAtMs: nowMs, flaw: 'not-checked' } },
      nowMs,
    );
    assert.equal(unchecked.status, 'unknown');
    assert.equal(unchecked.nextAction, 'lifeboat verify orders-db');
  });

  it('forgets a proof of the system before its last change', () => {
    const changed = { ...without(healthy, 'lastProof'), outdatedProofAtMs: nowMs };
    for (const objective of [rto, proofAge]) {
      assert.equal(assess(objective, changed, nowMs).status, 'unknown');
      assert.equal(
        assess(objective, changed, nowMs).reason,
        'the system has changed in the plan since its last proof',
      );
    }
  });

  it('names healing while a vault is damaged, for another proof would only find that again', () => {
    const damaged = { ...healthy, damagedVault: 'away' };
    const cases = [
      { ...without(damaged, 'lastProof') },
      { ...without(damaged, 'lastProof'), outdatedProofAtMs: nowMs },
      { ...damaged, lastProofFailureAtMs: nowMs },
    ];
    for (const facts of cases)
      for (const objective of [rto, proofAge])
        assert.equal(assess(objective, facts, nowMs).nextAction, 'lifeboat repair heal --vault away');
    assert.match(assess(rto, cases[0] ?? healthy, nowMs).reason, /^damage was found in the vault away/);
    assert.equal(assess(rto, damaged, nowMs).status, 'met', 'what is proven elsewhere counts');
  });

  it('gives the ratio and a command to type for all that is not met', () => {
    const breached = assess(rpo, { ...healthy, ...checkedAgo(2 * hourMs) }, nowMs);
    assert.deepEqual([breached.ratio, breached.nextAction], [2, 'lifeboat backup orders-db']);
    assert.equal(assessmentTitle(breached), 'RPO breached');
    assert.equal(assess(rpo, healthy, nowMs).nextAction, undefined);
  });
});

const objectives = fc.record({
  kind: fc.constantFrom('rpo' as const, 'rto' as const, 'proof-age' as const),
  targetMs: fc.integer({ min: 0, max: 10 * hourMs }),
});
const times = fc.integer({ min: nowMs - 20 * hourMs, max: nowMs + 20 * hourMs });
const anyFacts: fc.Arbitrary<SystemFacts> = fc.record(
  {
    system: fc.constant('s'),
    systemHash: fc.constant('v1:a'),
    factsAtMs: times,
    newestChecked: fc.record({ pointId: fc.constant('a'), capturedAtMs: times }),
    newestAny: fc.record({
      pointId: fc.constant('b'),
      capturedAtMs: times,
      flaw: fc.constantFrom('incomplete' as const, 'not-checked' as const, 'failed' as const),
    }),
    lastProof: fc.record({ pointId: fc.constant('a'), atMs: times, durationMs: fc.nat(10 * hourMs) }),
    lastProofFailureAtMs: times,
    outdatedProofAtMs: times,
    nextRunMs: times,
  },
  { requiredKeys: ['system', 'systemHash'] },
);

const neededFacts: Readonly<Record<SystemObjective['kind'], readonly (keyof SystemFacts)[]>> = {
  rpo: ['factsAtMs', 'newestChecked'],
  rto: ['factsAtMs', 'lastProof'],
  'proof-age': ['factsAtMs', 'lastProof'],
};

describe('assess, for all facts', () => {
  it('never turns from red or amber to green as time passes', () => {
    fc.assert(
      fc.property(objectives, anyFacts, times, fc.nat(20 * hourMs), (objective, facts, atMs, laterMs) => {
        const before = assess(objective, facts, atMs).status;
        const after = assess(objective, facts, atMs + laterMs).status;
        const allowed: readonly Status[] =
          before === 'breached' ? ['breached', 'unknown'] : ['at-risk', 'breached', 'unknown'];
        if (before === 'breached' || before === 'at-risk')
          assert.ok(allowed.includes(after), `${before} to ${after}`);
      }),
      { numRuns: 2000 },
    );
  });

  it('is never met with a needed fact missing', () => {
    fc.assert(
      fc.property(objectives, anyFacts, times, fc.nat(1), (objective, facts, atMs, which) => {
        const missing = neededFacts[objective.kind][which];
        assert.ok(missing !== undefined);
        assert.notEqual(assess(objective, without(facts, missing), atMs).status, 'met');
      }),
      { numRuns: 1000 },
    );
  });

  it('is met only within the target', () => {
    fc.assert(
      fc.property(objectives, anyFacts, times, (objective, facts, atMs) => {
        const { status, ratio, nextAction } = assess(objective, facts, atMs);
        if (status === 'met') assert.ok(ratio !== undefined && ratio <= 1);
        assert.equal(nextAction === undefined, status === 'met');
      }),
      { numRuns: 1000 },
    );
  });

  it('breaches the RPO exactly when the forecast says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 10 * hourMs }), fc.nat(10 * hourMs), (targetMs, agoMs) => {
        const facts = { ...healthy, ...checkedAgo(agoMs) };
        const breachAtMs = rpoBreachAt(facts, { kind: 'rpo', targetMs })?.breachAtMs ?? 0;
        const fresh = { ...facts, factsAtMs: breachAtMs };
        assert.notEqual(assess({ kind: 'rpo', targetMs }, fresh, breachAtMs).status, 'breached');
        assert.equal(assess({ kind: 'rpo', targetMs }, fresh, breachAtMs + 1).status, 'breached');
      }),
    );
  });
});

describe('an RPO that a log holds', () => {
  const target: SystemObjective = { kind: 'rpo', targetMs: 60_000 };
  const zero: SystemObjective = { kind: 'rpo', targetMs: 0 };
  const trouble = { reason: 'its log does not come', nextAction: 'lifeboat log status orders-db' };
  const of = (objective: SystemObjective, log: SystemFacts['log'], facts: Partial<SystemFacts> = {}) => {
    const { status, reason } = assess(objective, { ...healthy, ...(log && { log }), ...facts }, nowMs);
    return `${status}: ${reason}`;
  };
  const until = (agoMs: number) => ({ isProtected: false, vault: 'here', untilMs: nowMs - agoMs });

  it('is measured by how far the log is behind, not by the age of the point below it', () => {
    assert.equal(of(target, until(5000)), 'met: its log in here is 5 s behind');
    assert.equal(of(target, until(50_000)), 'at-risk: its log in here is 50 s behind');
    assert.equal(of(target, until(90_000)), 'breached: its log in here is 1 min 30 s behind against 1 min');
    assert.match(of(target, until(5000), { factsAtMs: nowMs - 2 * hourMs }), /^met/);
    assert.match(of(target, until(5000), { factsAtMs: nowMs - 25 * hourMs }), /^unknown: what is known is/);
  });

  it('is at risk as soon as something is wrong with the log, and breached when it was too long', () => {
    assert.equal(
      of(target, { ...until(5000), trouble }),
      'at-risk: its log in here is 5 s behind: its log does not come',
    );
    assert.match(of(target, { ...until(61_000), trouble }), /^breached: .*: its log does not come$/);
    assert.equal(of(target, { isProtected: false, trouble }), 'unknown: its log does not come');
  });

  it('of zero is met only while commits wait', () => {
    assert.match(of(zero, { ...until(5000), isProtected: true }), /^met: each commit waits/);
    assert.match(
      of(zero, { ...until(5000), isProtected: true, trouble: { ...trouble, reason: 'one vault is away' } }),
      /^at-risk: each commit waits until .* in the vaults, but one vault is away$/,
    );
    assert.match(of(zero, until(5000)), /^breached/);
    assert.match(of(zero, { isProtected: false, trouble }), /^unknown/);
  });

  it('is met by points alone where these are enough, and never by a time in the future', () => {
    assert.match(of(rpo, { isProtected: false, trouble }), /^met: the newest checked point is 10 min old/);
    assert.match(of(target, until(-hourMs)), /^unknown: the end of its log lies in the future/);
  });
});
