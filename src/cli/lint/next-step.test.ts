import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintPlan } from '../../plan/lint/lint-plan.ts';
import { parsePlan } from '../../plan/parse-plan.ts';
import { nextStep } from './next-step.ts';

const text = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d44, name: Shop, owner: Jane }
vaults: { here: { location: ./here } }
systems: { a: { source: { kind: files, paths: [./a] }, schedule: daily, objectives: { rpo: 1 h, rto: 1 h } } }
profiles: { staging: { metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d45 } } }
`;

function stepUnder(profile: string | undefined): string | undefined {
  const parsed = parsePlan(text, 'lifeboat.yaml', profile === undefined ? {} : { profile });
  return nextStep(parsed, lintPlan(parsed, {}));
}

test('a correction is only advised where it is not refused', () => {
  assert.match(stepUnder(undefined) ?? '', /lint --fix` corrects/);
  assert.match(stepUnder('staging') ?? '', /lint --explain rpo-schedule` tells more/);
});
