import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasErrors } from '../../src/plan/finding.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';
import { planSchema } from '../../src/plan/plan-schema.ts';
import { walkFields } from '../../src/plan/schema-walk.ts';
import { arbitraryPlan } from './arbitrary-plan.ts';

test('generated plans parse without an error', () => {
  fc.assert(
    fc.property(arbitraryPlan(), ({ text }) => {
      const { findings } = parsePlan(text, 'p');
      assert.equal(
        hasErrors(findings),
        false,
        findings.map(({ path, message }) => `${path}: ${message}`).join('\n'),
      );
    }),
    { numRuns: 150 },
  );
});

test('generated plans reach every block and most fields of the language', () => {
  const kinds = new Set<string>();
  for (const { text } of fc.sample(arbitraryPlan('whole'), { numRuns: 40, seed: 1 })) {
    const { plan } = parsePlan(text, 'p');
    assert.ok(plan !== undefined);
    for (const { path } of walkFields(planSchema, plan)) {
      kinds.add(path.map((part, index) => (typeof part === 'number' || index === 1 ? '*' : part)).join('.'));
    }
  }
  const blocks = Object.keys(planSchema.shape).filter(
    (block) => !['include', 'profiles', 'variables'].includes(block),
  );
  assert.deepEqual(
    blocks.filter((block) => !kinds.has(block)),
    [],
  );
  assert.ok(kinds.has('runbooks.*.steps.*.approval.needed'));
  assert.ok(kinds.has('systems.*.estimates.restore_rate'));
  assert.ok(kinds.size > 600, `only ${kinds.size} kinds of fields`);
});
