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

test('a denser schedule keeps the time of day and the zone', () => {
  const at = (schedule: string, rpo: string) =>
    base.replace('schedule: daily', `schedule: ${schedule}`).replace('rpo: 1 h', `rpo: ${rpo}`);
  for (const [before, rpo, after] of [
    ['daily at 03:00', '24 h', 'every 12h from 03:00'],
    ['daily at 15:30 Europe/Berlin', '8 h', 'every 4h from 15:30 Europe/Berlin'],
    ['every 12h from 01:00', '8 h', 'every 4h from 01:00'],
    ['daily at 00:00', '8 h', 'every 4h'],
    ['daily at 03:00', '1 h', 'every 30 min'],
  ] as const) {
    const rule = rpo === '24 h' ? 'zero-margin' : 'rpo-schedule';
    assert.equal(corrected(at(before, rpo), rule), at(after, rpo));
  }
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
