import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hold } from './holds.ts';
import type { KeepDecision } from './retention-choice.ts';
import { type GuardFacts, guardDecisions } from './retention-guard.ts';

type Given = 'kept' | 'dropped' | 'too-old';

/** Newest first. */
function decisions(...given: readonly Given[]): readonly KeepDecision[] {
  return given.map((verdict, index) => ({
    point: { id: `point-${index}`, time: { atNs: BigInt(-index), offsetMinutes: 0 } },
    kept: verdict === 'kept',
    keptBy: [],
    reasons: [verdict],
    isTooOld: verdict === 'too-old',
  }));
}

function facts(proven: readonly number[], more: Partial<GuardFacts<KeepDecision['point']>> = {}) {
  return {
    holdsOf: () => [],
    isProven: ({ id }: { readonly id: string }) => proven.includes(Number(id.slice(6))),
    isProvenElsewhere: false,
    isByHand: false,
    ...more,
  };
}

function keptOf(guarded: ReturnType<typeof guardDecisions>): readonly number[] {
  return guarded.decisions.flatMap(({ kept }, index) => (kept ? [index] : []));
}

test('the newest proven point is spared, whatever is proven elsewhere', () => {
  for (const isProvenElsewhere of [false, true]) {
    const guarded = guardDecisions(
      decisions('kept', 'dropped', 'dropped'),
      facts([1, 2], { isProvenElsewhere }),
    );
    assert.deepEqual(keptOf(guarded), [0, 1]);
    assert.equal(guarded.refusal, undefined);
  }
});

test('where nothing is proven nothing is given up, unless it is proven elsewhere', () => {
  const all = decisions('kept', 'dropped');
  assert.match(guardDecisions(all, facts([])).refusal ?? '', /none of its points is proven/);
  assert.equal(guardDecisions(all, facts([], { isProvenElsewhere: true })).refusal, undefined);
  assert.equal(guardDecisions(decisions('kept', 'kept'), facts([])).refusal, undefined, 'nothing would go');
});

test('rules given by hand are refused where those of a plan are corrected', () => {
  const all = decisions('kept', 'dropped');
  assert.match(
    guardDecisions(all, facts([1], { isByHand: true })).refusal ?? '',
    /no proven point would be left/,
  );
  const elsewhere = guardDecisions(all, facts([1], { isByHand: true, isProvenElsewhere: true }));
  assert.deepEqual([keptOf(elsewhere), elsewhere.refusal], [[0, 1], undefined]);
});

test('the most that is kept is refused where it would take the last proof, and else goes on', () => {
  const all = decisions('kept', 'too-old');
  assert.match(
    guardDecisions(all, facts([1])).refusal ?? '',
    /older than anything may be, and the last proven one/,
  );
  assert.deepEqual(keptOf(guardDecisions(all, facts([1], { isProvenElsewhere: true }))), [0]);
  assert.deepEqual(keptOf(guardDecisions(all, facts([0, 1]))), [0]);
});

test('what is held stays, also beyond the most, and says why', () => {
  const hold: Hold = { kind: 'legal-hold', reason: 'case 4711', sinceMs: 0 };
  const holdsOf = ({ id }: { readonly id: string }) => (id === 'point-1' ? [hold] : []);
  const guarded = guardDecisions(decisions('kept', 'too-old', 'dropped'), facts([0], { holdsOf }));
  assert.deepEqual(keptOf(guarded), [0, 1]);
  assert.deepEqual(guarded.decisions[1]?.reasons, ['under legal hold: case 4711']);
});
