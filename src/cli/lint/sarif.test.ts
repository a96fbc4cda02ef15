import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { editPlan } from '../../plan/edit-plan.ts';
import { lintPlan } from '../../plan/lint/lint-plan.ts';
import { lintRules } from '../../plan/lint/rules.ts';
import { parsePlan } from '../../plan/parse-plan.ts';
import { sarifLog } from './sarif.ts';

const text = fs.readFileSync(join(import.meta.dirname, '../../plan/golden/lint.yaml'), 'utf8');

/** What SARIF 2.1.0 requires of the objects that are used here, and nothing besides. */
const message = z.strictObject({ text: z.string().regex(/^[A-Z"'`\d].*[.?!]$|^[a-z].*[.?!]$/s) });
const uri = z.string().regex(/^(?![a-z][a-z0-9+.-]*:)[^\s\\<>"{}|^`]+$/);
const position = z.int().min(1);
const region = z.strictObject({
  startLine: position,
  startColumn: position,
  endLine: position.exactOptional(),
  endColumn: position.exactOptional(),
});
const physicalLocation = z.strictObject({ artifactLocation: z.strictObject({ uri }), region });
const level = z.enum(['none', 'note', 'warning', 'error']);
const rule = z.strictObject({
  id: z.string().min(1),
  name: z.string().regex(/^[A-Z][A-Za-z0-9]+$/),
  shortDescription: message,
  fullDescription: message,
  help: message,
  defaultConfiguration: z.strictObject({ level }),
  properties: z.strictObject({ tags: z.array(z.string()) }).exactOptional(),
});
const fix = z.strictObject({
  description: message,
  artifactChanges: z
    .array(
      z.strictObject({
        artifactLocation: z.strictObject({ uri }),
        replacements: z
          .array(
            z.strictObject({ deletedRegion: region, insertedContent: z.strictObject({ text: z.string() }) }),
          )
          .min(1),
      }),
    )
    .min(1),
});
const result = z.strictObject({
  ruleId: z.string(),
  ruleIndex: z.int().min(0),
  level,
  message,
  locations: z.array(z.strictObject({ physicalLocation })).length(1),
  relatedLocations: z.array(z.strictObject({ id: z.int(), physicalLocation, message })).exactOptional(),
  partialFingerprints: z.record(z.string().regex(/\/v\d+$/), z.string().min(16)),
  fixes: z.array(fix).min(1).exactOptional(),
});
const driver = z.strictObject({
  name: z.literal('Lifeboat'),
  version: z.string(),
  semanticVersion: z.string(),
  rules: z.array(rule),
});
const log = z.strictObject({
  $schema: z.url(),
  version: z.literal('2.1.0'),
  runs: z
    .array(
      z.strictObject({
        tool: z.strictObject({ driver }),
        columnKind: z.literal('utf16CodeUnits'),
        results: z.array(result),
      }),
    )
    .length(1),
});

function sarifOf(plan: string, fileName = 'lifeboat.yaml', folder = '/srv/plans') {
  const parsed = parsePlan(plan, fileName);
  const findings = lintPlan(parsed, {});
  const made = log.parse(
    JSON.parse(JSON.stringify(sarifLog({ parsed, findings, programVersion: '1.2.3', folder }))),
  );
  const [run] = made.runs;
  assert.ok(run !== undefined);
  return { run, findings };
}

test('the log has what the standard requires, every rule, and every finding at its place', () => {
  const { run, findings } = sarifOf(text);
  const { rules } = run.tool.driver;
  assert.deepEqual(
    rules.slice(0, lintRules.length).map(({ id }) => id),
    lintRules.map(({ id }) => id),
  );
  assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length);
  assert.equal(run.results.length, findings.length);
  for (const [index, each] of run.results.entries()) {
    const finding = findings[index];
    assert.ok(finding !== undefined && rules[each.ruleIndex]?.id === each.ruleId);
    assert.equal(each.ruleId, finding.id);
    assert.deepEqual(each.locations[0]?.physicalLocation.region, {
      startLine: finding.line,
      startColumn: finding.column,
      endColumn: finding.column + finding.length,
    });
    assert.equal(each.relatedLocations?.length, finding.related === undefined ? undefined : 1);
  }
});

test('levels follow the severity', () => {
  const levels = new Map(sarifOf(text).run.results.map(({ ruleId, level: of }) => [ruleId, of]));
  assert.deepEqual(
    [levels.get('rpo-schedule'), levels.get('no-check'), levels.get('not-executed')],
    ['error', 'warning', 'note'],
  );
});

test('a plan that cannot be read has a log as well', () => {
  const { run } = sarifOf('version: 1\nmetadata: {\n');
  assert.ok(run.results.length > 0 && run.results.every(({ level: of }) => of === 'error'));
  assert.deepEqual(
    sarifOf(fs.readFileSync(join(import.meta.dirname, '../../../examples/first-plan/lifeboat.yaml'), 'utf8'))
      .run.columnKind,
    'utf16CodeUnits',
  );
});

test('fingerprints stay when lines move and figures change, and differ from each other', () => {
  const prints = (plan: string) =>
    sarifOf(plan).run.results.map(({ partialFingerprints }) => JSON.stringify(partialFingerprints));
  const before = prints(text);
  assert.equal(new Set(before).size, before.length);
  assert.deepEqual(prints(`# moved\n\n${text}`), before);
  assert.deepEqual(prints(text.replace('rpo: 6 h', 'rpo: 5 h')).toSorted(), before.toSorted());
});

test('addresses are relative and escaped', () => {
  const uris = (name: string) =>
    new Set(
      sarifOf(text, name).run.results.map(
        ({ locations }) => locations[0]?.physicalLocation.artifactLocation.uri,
      ),
    );
  assert.deepEqual([...uris('plans/our plan:1.yaml')], ['plans/our%20plan%3A1.yaml']);
  assert.deepEqual([...uris('/srv/other.yaml')], ['../other.yaml']);
});

test('a fix replaces what lint --fix would', () => {
  const { run, findings } = sarifOf(text);
  const fixed = run.results.flatMap((each, index) => (each.fixes === undefined ? [] : [{ each, index }]));
  assert.ok(fixed.length >= 2);
  for (const { each, index } of fixed) {
    const change = each.fixes?.[0]?.artifactChanges[0]?.replacements[0];
    const edited = editPlan(text, findings[index]?.edits ?? []);
    assert.ok(change !== undefined && 'text' in edited);
    assert.equal(replaced(text, change), edited.text);
  }
  assert.ok(
    run.results.some((each, index) => each.fixes === undefined && findings[index]?.edits === undefined),
  );
});

function replaced(
  plan: string,
  { deletedRegion, insertedContent }: z.infer<typeof fix>['artifactChanges'][number]['replacements'][number],
): string {
  const lines = plan.split('\n');
  const offset = (line: number, column: number) =>
    lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
  const from = offset(deletedRegion.startLine, deletedRegion.startColumn);
  const to = offset(deletedRegion.endLine ?? 0, deletedRegion.endColumn ?? 0);
  return plan.slice(0, from) + insertedContent.text + plan.slice(to);
}

test('no secret of the plan is in the log', () => {
  const secret = text.replace('$DB_PASSWORD', 'hunter2').replace('away', 'https://u:hunter2@host/');
  assert.ok(!JSON.stringify(sarifOf(secret).run).includes('hunter2'));
});
