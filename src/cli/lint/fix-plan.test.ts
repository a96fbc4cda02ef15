import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../plan/finding.ts';
import { lintPlan } from '../../plan/lint/lint-plan.ts';
import { type ParsedPlan, parsePlan } from '../../plan/parse-plan.ts';
import type { PlanEdit } from '../../plan/plan-edit.ts';
import { fixPlan } from './fix-plan.ts';

const text = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: /a }, away: { location: /b, off_site: true } }
objectives: { rpo: 3 h, rto: 1 h }
systems:
  a: { source: { kind: files, paths: [./x] }, schedule: daily, checks: [files] } # kept
`;

const owner = (value: string): PlanEdit => ({ kind: 'set', at: ['metadata', 'owner'], value });

function finding(id: string, ...edits: readonly PlanEdit[]): Finding {
  return { id, severity: 'error', path: id, line: 1, column: 1, length: 1, message: id, edits };
}

/** A linter that says these things of a plan whose owner is Jane, and nothing of others. */
function lintOf(...findings: readonly Finding[]) {
  return (parsed: ParsedPlan) => (parsed.plan?.metadata.owner === 'Jane' ? findings : []);
}

test('what the rules find is corrected, and then there is nothing to correct', () => {
  const lint = (parsed: ParsedPlan) => lintPlan(parsed, {});
  const fix = fixPlan(parsePlan(text, 'p'), lint);
  const after = text.replace('schedule: daily', 'schedule: every 1h');
  assert.deepEqual(fix.files, [{ fileName: 'p', before: text, after }]);
  assert.deepEqual(fix.refused, []);
  assert.deepEqual(
    fix.corrected.map(({ id, path }) => [id, path]),
    [['rpo-schedule', 'systems.a.schedule']],
  );
  assert.ok(fix.findings.every(({ edits }) => edits === undefined));
  assert.deepEqual(fixPlan(fix.parsed, lint).files, []);
});

test('of two corrections of one value the first counts', () => {
  const fix = fixPlan(parsePlan(text, 'p'), lintOf(finding('x', owner('Joe')), finding('y', owner('Ann'))));
  assert.equal(fix.files[0]?.after, text.replace('Jane', 'Joe'));
});

test('a correction that would break the plan is left out, and the others are made', () => {
  const harmful = finding('harm', { kind: 'remove', at: ['metadata', 'name'] });
  const impossible = finding('gone', { kind: 'remove', at: ['nowhere'] });
  const fix = fixPlan(parsePlan(text, 'p'), lintOf(harmful, impossible, finding('fine', owner('Joe'))));
  assert.equal(fix.files[0]?.after, text.replace('Jane', 'Joe'));
  assert.deepEqual(
    fix.refused.map(({ finding: { id }, problem }) => `${id}: ${problem}`),
    ['harm: the plan would have more errors than before', 'gone: there is no nowhere'],
  );
  assert.deepEqual(
    fix.corrected.map(({ id }) => id),
    ['fine'],
  );
});

test('rules that undo each other come to an end', () => {
  const restless = (parsed: ParsedPlan) => [
    finding('x', owner(parsed.plan?.metadata.owner === 'Joe' ? 'Jane' : 'Joe')),
  ];
  const fix = fixPlan(parsePlan(text, 'p'), restless);
  assert.ok(fix.files.length <= 1);
});

test('a list that is made of several files is left alone', () => {
  const main = `include: [more.yaml]\n${text}`;
  const parsed = parsePlan(main, 'p', { files: new Map([['more.yaml', 'alerts: []\n']]) });
  const append = finding('list', { kind: 'append', at: ['contacts'], value: 'x' });
  const inside = finding('item', { kind: 'set', at: ['contacts', 0, 'name'], value: 'x' });
  const fix = fixPlan(parsed, () => [append, inside]);
  assert.deepEqual(fix.files, []);
  assert.deepEqual(
    fix.refused.map(({ problem }) => problem),
    ['the list is made of several files', 'the list is made of several files'],
  );
});

test('a plan that cannot be read is not touched', () => {
  const fix = fixPlan(parsePlan('a: [', 'p'), (parsed) => lintPlan(parsed, {}));
  assert.deepEqual(fix.files, []);
  assert.ok(fix.findings.length > 0);
});
