import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../src/plan/finding.ts';
import { lintPlan } from '../../src/plan/lint/lint-plan.ts';
import type { PlanFacts } from '../../src/plan/lint/plan-facts.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';

export const planHead = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
`;

/** What one rule says about a plan that has no other fault, given from after its metadata on. */
export function lintHits(rest: string, rule: string, facts: PlanFacts = {}): readonly Finding[] {
  const parsed = parsePlan(planHead + rest, 'lifeboat.yaml');
  assert.deepEqual(parsed.findings, []);
  return lintPlan(parsed, facts).filter((finding) => finding.id === rule);
}

export interface CauseCase {
  readonly name: string;
  readonly rule: string;
  readonly facts?: PlanFacts;
  /** The plan with the cause. */
  readonly plan: string;
  /** The cause, and what stands there without it. */
  readonly cause: string | RegExp;
  readonly cure: string;
  /** What the message says; the arithmetic. */
  readonly says: RegExp;
  readonly severity?: Finding['severity'];
  readonly path?: string;
}

/** The rule finds the cause once, and falls silent when only the cause is gone. */
export function testCauses(cases: readonly CauseCase[]): void {
  for (const each of cases) {
    test(`${each.rule}: ${each.name}`, () => {
      const found = lintHits(each.plan, each.rule, each.facts);
      assert.equal(found.length, 1, found.map(({ message }) => message).join('\n'));
      assert.match(found[0]?.message ?? '', each.says);
      if (each.severity !== undefined) assert.equal(found[0]?.severity, each.severity);
      if (each.path !== undefined) assert.equal(found[0]?.path, each.path);
      const cured = each.plan.replace(each.cause, each.cure);
      assert.notEqual(cured, each.plan, 'the cause stands in the plan');
      assert.deepEqual(
        lintHits(cured, each.rule, each.facts).map(({ message }) => message),
        [],
      );
    });
  }
}
