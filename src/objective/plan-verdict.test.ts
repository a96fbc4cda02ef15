import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RecoveryPoint } from '../recovery-point/recovery-point.ts';
import { durationText, ratioText } from './duration-text.ts';
import type { SystemObjective } from './objective.ts';
import { planVerdict } from './plan-verdict.ts';
import { assessSystem, compareWorstFirst } from './system-assessment.ts';
import { systemFacts } from './system-facts.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const nowMs = Date.UTC(2026, 10, 20, 12);
const objectives: readonly SystemObjective[] = [
  { kind: 'rpo', targetMs: hourMs },
  { kind: 'rto', targetMs: hourMs },
  { kind: 'proof-age', targetMs: 7 * 24 * hourMs },
];

function point(system: string, agoMs: number, change: Partial<RecoveryPoint> = {}): RecoveryPoint {
  const step = { atMs: nowMs - agoMs + 1000, recordId: 'r', systemHash: 'v1:a' };
  return {
    id: `${system}-${agoMs}`,
    system,
    vault: 'v',
    snapshotId: `${system}-${agoMs}`,
    capturedAtMs: nowMs - agoMs,
    complete: true,
    position: { kind: 'none' },
    bytes: 1,
    files: 1,
    proof: {
      written: step,
      checked: step,
      restored: { ...step, durationMs: 900 },
      approved: { ...step, durationMs: 900 },
    },
    ...change,
  };
}

const facts = (system: string, ...points: readonly RecoveryPoint[]) =>
  systemFacts({
    system,
    systemHash: 'v1:a',
    points,
    factsAtMs: nowMs,
    nextDueAfter: (afterMs) => afterMs + 30 * minuteMs,
  });

const assessed = (system: string, ...points: readonly RecoveryPoint[]) =>
  assessSystem(objectives, facts(system, ...points), nowMs);

describe('systemFacts', () => {
  it('takes only points of the system, and says why a newer one does not count', () => {
    const incomplete = point('a', minuteMs, { complete: false });
    const taken = facts('a', point('a', 10 * minuteMs), incomplete, point('b', 0));
    assert.equal(taken.newestChecked?.pointId, 'a-600000');
    assert.equal(taken.newestAny?.flaw, 'incomplete');
    assert.equal(taken.nextRunMs, nowMs + 29 * minuteMs);
  });

  it('keeps proofs of another system hash apart', () => {
    const [proven] = [point('a', minuteMs)];
    const taken = systemFacts({ system: 'a', systemHash: 'v1:changed', points: [proven], factsAtMs: nowMs });
    assert.equal(taken.lastProof, undefined);
    assert.equal(taken.outdatedProofAtMs, nowMs - minuteMs + 1000);
  });

  it('takes no proof from a point that failed since', () => {
    const failure = { atMs: nowMs, recordId: 'f', systemHash: 'v1:a', foundBy: 'restore' as const };
    const taken = facts('a', point('a', minuteMs, { failure }));
    assert.deepEqual(
      [taken.lastProof, taken.lastProofFailureAtMs, taken.newestAny?.flaw],
      [undefined, nowMs, 'failed'],
    );
  });
});

describe('planVerdict', () => {
  it('names the worst of the systems', () => {
    const systems = [
      assessed('uploads', point('uploads', minuteMs)),
      assessed('orders-db', point('orders-db', 190 * minuteMs)),
      assessed('api', point('api', minuteMs)),
    ];
    assert.equal(
      planVerdict(systems).sentence,
      'Recoverable: 2 of 3 systems. Worst: `orders-db`, RPO breached, 3 h 10 min against 1 h.',
    );
  });

  it('says no more when all is well', () => {
    const verdict = planVerdict([assessed('uploads', point('uploads', minuteMs))]);
    assert.deepEqual([verdict.status, verdict.sentence], ['met', 'Recoverable: 1 of 1 system.']);
  });

  it('counts what is unknown as not recoverable', () => {
    const unproven = point('uploads', minuteMs);
    const { restored: _, approved: __, ...proof } = unproven.proof;
    const verdict = planVerdict([assessed('uploads', { ...unproven, proof })]);
    assert.equal(
      verdict.sentence,
      'Recoverable: 0 of 1 system. Worst: `uploads`, RTO unknown, no recovery point was ever proven by a restore.',
    );
  });

  it('does not call a plan green that asks nothing', () => {
    assert.equal(planVerdict([]).status, 'unknown');
    const nothing = assessSystem([], facts('a', point('a', minuteMs)), nowMs);
    assert.equal(
      planVerdict([nothing]).sentence,
      'Recoverable: 0 of 1 system. Worst: `a`, the plan has no objective for it.',
    );
  });

  it('sorts worst first: breached, unknown, at risk, met, then by ratio', () => {
    const rows = (['met', 'at-risk', 'breached', 'unknown'] as const).map((status) => ({
      system: status,
      status,
    }));
    const more = { system: 'worse', status: 'breached' as const, ratio: 3 };
    assert.deepEqual(
      [...rows, more].sort(compareWorstFirst).map(({ system }) => system),
      ['worse', 'breached', 'unknown', 'at-risk', 'met'],
    );
  });
});

describe('durationText', () => {
  const texts: readonly (readonly [number, string])[] = [
    [0, '0 ms'],
    [850, '850 ms'],
    [999.9, '999 ms'],
    [12_000, '12 s'],
    [252_000, '4 min 12 s'],
    [190 * minuteMs, '3 h 10 min'],
    [48 * hourMs, '2 d'],
    [25 * hourMs + 59_000, '1 d 1 h'],
    [-90_000, '−1 min 30 s'],
  ];
  for (const [ms, text] of texts) it(text, () => assert.equal(durationText(ms), text));

  it('cuts ratios and never rounds them up to a limit', () => {
    assert.deepEqual([0, 0.999, 3.16, 120.9, Number.POSITIVE_INFINITY].map(ratioText), [
      '0.0×',
      '0.9×',
      '3.1×',
      '120×',
      '∞',
    ]);
  });
});
