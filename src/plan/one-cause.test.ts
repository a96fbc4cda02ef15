/** What follows from a mistake is not reported beside it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintPlan } from './lint/lint-plan.ts';
import { parsePlan } from './parse-plan.ts';

const good = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: /a } }
objectives: { rpo: 2 days, rto: 1 h }
systems: { up: { source: { kind: files, paths: [./x] }, checks: [files], schedule: daily } }
`;

const mistakes: readonly (readonly [right: string, wrong: string, id: string])[] = [
  ['schedule: daily', 'shedule: daily', 'unknown-key'],
  ['kind: files', 'kind: folder', 'wrong-value'],
  ['source: {', 'sorce: {', 'unknown-key'],
  ['rpo: 2 days', 'rpo: 24', 'wrong-type'],
  ['rpo: 2 days', 'rop: 2 days', 'unknown-key'],
  ['systems:', 'sytems:', 'unknown-key'],
  ['vaults:', 'vauls:', 'unknown-key'],
  ['checks:', 'chekcs:', 'unknown-key'],
];

for (const [right, wrong, id] of mistakes) {
  test(`"${wrong}" is one finding`, () => {
    const text = good.replace(right, wrong);
    const found = lintPlan(parsePlan(text, 'p'), {}).filter(({ severity }) => severity !== 'info');
    assert.deepEqual(
      found.map((finding) => finding.id),
      [id],
    );
  });
}

test('a source with an error is not a source that is missing', () => {
  const found = lintPlan(parsePlan(good.replace('kind: files', 'kind: folder'), 'p'), {});
  assert.deepEqual(
    found.map(({ id }) => id),
    ['wrong-value'],
  );
});

test('a misspelt key beside the right one hides nothing of it', () => {
  const text = good.replace('schedule: daily', 'shedule: daily, schedule: sometimes');
  const found = parsePlan(text, 'p').findings.map(({ id }) => id);
  assert.deepEqual(found, ['unknown-key', 'wrong-schedule']);
});

test('a key that is near the name of a block names that block', () => {
  const [finding] = parsePlan(good.replace('systems:', 'sytems:'), 'p').findings;
  assert.equal(finding?.suggestion, 'did you mean "systems"?');
});
