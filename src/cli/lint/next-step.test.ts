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

function stepUnder(profile: string | undefined, written = text): string | undefined {
  const parsed = parsePlan(written, 'lifeboat.yaml', profile === undefined ? {} : { profile });
  return nextStep(parsed, lintPlan(parsed, {}));
}

test('a correction is only advised where it is not refused', () => {
  assert.match(stepUnder(undefined) ?? '', /lint --fix` corrects/);
  assert.match(stepUnder('staging') ?? '', /lint --explain rpo-schedule` tells more/);
});

test('where errors forbid running it is told how many of them correct themselves', () => {
  const broken = text.replace('owner: Jane', 'owner: Jane, ownr: Joe');
  assert.match(
    stepUnder(undefined, broken) ?? '',
    /^Next: correct the errors \(`lifeboat lint --fix` corrects \d+ of them\); until then the plan cannot run\.$/,
  );
  assert.equal(stepUnder('staging', broken), 'Next: correct the errors; until then the plan cannot run.');
});

test('a note that stands before a warning is not what is to be looked at next', () => {
  const onlyWarned = text.replace('rpo: 1 h, rto: 1 h', 'rpo: 2 days, rto: 1 h');
  const parsed = parsePlan(onlyWarned, 'lifeboat.yaml', { profile: 'staging' });
  const findings = lintPlan(parsed, { missingPaths: new Set(['./here', './a']) });
  assert.equal(findings[0]?.id, 'not-there');
  assert.doesNotMatch(nextStep(parsed, findings) ?? assert.fail('there are warnings'), /not-there/);
});
