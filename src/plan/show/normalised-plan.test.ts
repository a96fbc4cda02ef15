import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arbitraryPlan } from '../../../test/support/arbitrary-plan.ts';
import { parsePlan } from '../parse-plan.ts';
import { planHash } from '../plan-hash.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { normalisedPlan } from './normalised-plan.ts';
import { normalisedYaml } from './plan-yaml.ts';

function shown(text: string) {
  const { plan, findings } = parsePlan(text, 'lifeboat.yaml');
  assert.ok(plan, JSON.stringify(findings.filter(({ severity }) => severity === 'error').slice(0, 3)));
  const resolved = resolvePlan(plan);
  return { hash: planHash(resolved), yaml: normalisedYaml(normalisedPlan(plan, resolved), ['shown']) };
}

test('a normalised plan is a plan of the same meaning, and normalising it again changes nothing', () => {
  fc.assert(
    fc.property(arbitraryPlan('whole'), ({ text }) => {
      const once = shown(text);
      const twice = shown(once.yaml);
      assert.equal(twice.hash, once.hash);
      assert.equal(shown(twice.yaml).yaml, twice.yaml);
    }),
    { numRuns: 60 },
  );
});
