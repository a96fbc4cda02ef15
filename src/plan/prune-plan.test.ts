/** An error in one block hides nothing that is to be said about the others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintPlan } from './lint/lint-plan.ts';
import { parsePlan } from './parse-plan.ts';
import { planSchema } from './plan-schema.ts';

const plan = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: /a } }
systems: { a: { source: { kind: files, paths: [./x] }, schedule: daily, objectives: { rpo: 1 h, rto: 1 h } } }
`;

function withBlock(key: string, value: string): string {
  const line = new RegExp(`^${key}:.*$`, 'm');
  return line.test(plan) ? plan.replace(line, `${key}: ${value}`) : `${plan}${key}: ${value}\n`;
}

for (const key of Object.keys(planSchema.shape).filter((each) => each !== 'systems')) {
  test(`other findings come when ${key} is empty, has a key too many, or is text`, () => {
    for (const value of ['{}', '{ nonsense: 1 }', '{ nonsense: {} }', 'nonsense']) {
      const found = lintPlan(parsePlan(withBlock(key, value), 'p'), {}).map(({ id }) => id);
      for (const id of ['rpo-schedule', 'no-check']) assert.ok(found.includes(id), `${value}: ${found}`);
    }
  });
}
