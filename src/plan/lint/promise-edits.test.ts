/** What may be corrected in promises, thresholds and budgets without asking anybody, and that it ends the finding. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planHead } from '../../../test/support/lint-hits.ts';
import { editPlan } from '../edit-plan.ts';
import { parsePlan } from '../parse-plan.ts';
import { lintPlan } from './lint-plan.ts';

/** The text after the edits of one rule; afterwards the rule is silent. */
function corrected(rest: string, rule: string): string {
  const text = planHead + rest;
  const found = lintPlan(parsePlan(text, 'p'), {}).filter(({ id }) => id === rule);
  assert.ok(found.length > 0, `${rule} finds nothing`);
  const result = editPlan(
    text,
    found.flatMap(({ edits }) => edits ?? []),
  );
  assert.ok('text' in result, JSON.stringify(result));
  const after = parsePlan(result.text, 'p');
  assert.ok(after.plan !== undefined, JSON.stringify(after.findings));
  assert.deepEqual(
    lintPlan(after, {}).filter(({ id }) => id === rule),
    [],
  );
  return result.text.slice(planHead.length);
}

const base = `vaults: { here: { location: /a } }
systems: { db: { source: { kind: sqlite, path: x }, checks: [integrity], schedule: daily, objectives: { rpo: 1 h, rto: 1 h } } }
channels: { mail: { kind: email } }
`;

test('a threshold that is both too early and too late goes, with one edit', () => {
  const alert = 'alerts:\n  old: # why\n    when: backup-age\n    above: 24 h\n    channels: [mail]\n';
  assert.equal(corrected(base + alert, 'alert-threshold'), base + alert.replace('    above: 24 h\n', ''));
});

test('a time becomes an age', () => {
  const probe = (as: string) =>
    `probes: { h: { kind: backup-health, healthy: [{ measure: log-lag, as: ${as}, at_most: 5 min }] } }\n`;
  assert.equal(corrected(base + probe('time'), 'health-probe'), base + probe('age'));
});

test('budgets of phases become deadlines, the stricter reading', () => {
  const scenario =
    'scenarios:\n  gone:\n    kind: total-loss\n    phases:\n      detect: 30 min\n      restore: 1 h\n';
  const text = corrected(base + scenario, 'phase-budgets');
  assert.match(text, /^ {6}count: deadlines$/m);
  assert.equal(text.replace(/ {6}count: deadlines\n/, ''), base + scenario);
});

test('the interval of a probe becomes short enough', () => {
  const probe = (interval: string) =>
    `probes: { api: { kind: http, interval: ${interval} } }\nscenarios: { gone: { kind: total-loss, detection: { by: [api], within: 1 min } } }\n`;
  assert.equal(corrected(base + probe('1 min'), 'detection-budget'), base + probe('25 s'));
});

test('what is archived expires later', () => {
  const vault = (days: number) =>
    base.replace(
      'location: /a',
      `location: s3://b, lifecycle: [{ transition: { after: 30 days, storage_class: GLACIER }, expire_after: ${days} days }], retention: { archive: { keep_for: 90 days } }`,
    );
  assert.equal(corrected(vault(90), 'lifecycle-arithmetic'), vault(120));
});
