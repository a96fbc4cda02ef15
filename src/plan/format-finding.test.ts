/** What people read about a plan, as golden files; `UPDATE_GOLDEN=1` writes them anew. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { formatFinding } from './format-finding.ts';
import { lintPlan } from './lint/lint-plan.ts';
import type { PlanFacts } from './lint/plan-facts.ts';
import { parsePlan } from './parse-plan.ts';

const folder = path.join(import.meta.dirname, 'golden');

const cases: readonly { readonly name: string; readonly facts: PlanFacts }[] = [
  { name: 'broken', facts: {} },
  { name: 'syntax', facts: {} },
  {
    name: 'lint',
    facts: {
      vaultDevices: { here: '1' },
      sourceDevices: { auth: ['1'], uploads: ['2'] },
      captureDurationsMs: { uploads: 720_000 },
    },
  },
];

for (const { name, facts } of cases) {
  test(`the findings of ${name}.yaml read as in ${name}.txt, without the secret`, () => {
    const text = fs.readFileSync(path.join(folder, `${name}.yaml`), 'utf8');
    const parsed = parsePlan(text, `${name}.yaml`);
    const printed = lintPlan(parsed, facts).map((finding) => formatFinding(finding, parsed.fileName, text));
    const actual = `${printed.join('\n\n')}\n`;
    const goldenFile = path.join(folder, `${name}.txt`);
    if (process.env['UPDATE_GOLDEN'] === '1') fs.writeFileSync(goldenFile, actual);
    assert.equal(actual, fs.readFileSync(goldenFile, 'utf8'));
    assert.ok(!actual.includes('hunter2') && !JSON.stringify(lintPlan(parsed, facts)).includes('hunter2'));
  });
}

test('a long line is cut down to the part around the caret', () => {
  const text = `version: 1\nsystems: { ${'a: {}, '.repeat(60)}b: 7 }\n`;
  const finding = parsePlan(text, 'p').findings.find((each) => each.path === 'systems.b');
  assert.ok(finding !== undefined);
  const [, shown = '', caret = ''] = formatFinding(finding, 'p', text).split('\n');
  assert.ok(shown.length < 130);
  assert.equal(shown[caret.indexOf('^')], '7');
});
