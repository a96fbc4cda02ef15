/** Which findings may be corrected without asking anybody, and that the correction ends them. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { editPlan } from '../edit-plan.ts';
import { parsePlan } from '../parse-plan.ts';
import { lintPlan } from './lint-plan.ts';

const head = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: /a }, away: { location: /b, off_site: true } }
objectives: { rpo: 3 h, rto: 1 h }
systems:
`;

const files = 'source: { kind: files, paths: [./x] }';

/** The text that the edits of one rule make, or nothing when it offers none. Afterwards the rule is silent. */
function corrected(systems: string, rule: string, top = head): string | undefined {
  const text = top + systems;
  const parsed = parsePlan(text, 'p');
  assert.ok(parsed.plan !== undefined, JSON.stringify(parsed.findings));
  const found = lintPlan(parsed, {}).filter(({ id }) => id === rule);
  assert.ok(found.length > 0, `${rule} finds nothing`);
  const edits = found.flatMap((finding) => finding.edits ?? []);
  if (edits.length === 0) return undefined;
  const result = editPlan(text, edits);
  assert.ok('text' in result);
  const after = parsePlan(result.text, 'p');
  assert.ok(after.plan !== undefined, JSON.stringify(after.findings));
  assert.deepEqual(
    lintPlan(after, {}).filter(({ id }) => id === rule || id === 'zero-margin'),
    [],
  );
  return result.text.slice(top.length);
}

test('a schedule becomes denser, in the words and place where it stood', () => {
  const slow = `  a: { ${files}, schedule: daily at 02:00, checks: [files] } # c\n`;
  assert.equal(corrected(slow, 'rpo-schedule'), slow.replace('daily at 02:00', 'every 1h'));
  const tight = `  a: { ${files}, schedule: every 3h, checks: [files] }\n`;
  assert.equal(corrected(tight, 'zero-margin'), tight.replace('every 3h', 'every 1h'));
  const none = `  a: { ${files}, checks: [files] }\n`;
  assert.equal(corrected(none, 'rpo-schedule'), none.replace(' }\n', ', schedule: every 1h }\n'));
  const list = `  a: { ${files}, schedule: [daily at 02:00], checks: [files] }\n`;
  assert.equal(corrected(list, 'rpo-schedule'), list.replace('[daily at 02:00]', 'every 1h'));
});

test('a line of backups becomes denser where it stands', () => {
  const lines = `  a:\n    ${files}\n    checks: [files]\n    backups:\n      full: { kind: full, schedule: daily at 02:00 }\n`;
  assert.equal(corrected(lines, 'rpo-schedule'), lines.replace('daily at 02:00', 'every 1h'));
});

test('a schedule that is there for reasons of its own stays', () => {
  const reasons = [
    'schedule: [daily at 02:00, daily at 14:00]',
    'schedule: on deploy',
    'schedule: daily between 01:00 and 05:00',
    'schedule: daily at 02:00, retention: { last: 30 }',
  ];
  for (const reason of reasons)
    assert.equal(
      corrected(`  a: { ${files}, ${reason}, checks: [files] }\n`, 'rpo-schedule'),
      undefined,
      reason,
    );
  const kept = head.replace('location: /b,', 'location: /b, retention: { last: 9 },');
  assert.equal(
    corrected(`  a: { ${files}, schedule: daily, checks: [files] }\n`, 'rpo-schedule', kept),
    undefined,
  );
});

test('an objective is never relaxed: what no schedule reaches has no correction', () => {
  const zero = `  a: { ${files}, schedule: hourly, checks: [files], objectives: { rpo: 0 min } }\n`;
  const errors = lintPlan(parsePlan(head + zero, 'p'), {}).filter(({ severity }) => severity === 'error');
  assert.ok(errors.length > 0);
  assert.ok(errors.every(({ edits }) => edits === undefined));
});

test('no correction of the rules reaches into an objective, a retention or a vault', () => {
  const golden = fs.readFileSync(path.join(import.meta.dirname, '../golden/lint.yaml'), 'utf8');
  const edits = lintPlan(parsePlan(golden, 'p'), {}).flatMap((finding) => finding.edits ?? []);
  assert.ok(edits.length >= 3);
  for (const { at } of edits) {
    assert.equal(at[0], 'systems');
    assert.ok(!['objectives', 'retention', 'vaults'].includes(String(at[2])), at.join('.'));
  }
});

test('where part of a system or of a vault is not understood, nothing of it is corrected', () => {
  const edited = (text: string) =>
    lintPlan(parsePlan(text, 'p'), {}).flatMap(({ edits = [] }) => edits.map(({ at }) => String(at[1])));
  const sound = `  a: { ${files}, schedule: daily }\n  b: { ${files}, schedule: daily }\n`;
  assert.deepEqual(new Set(edited(head + sound)), new Set(['a', 'b']));
  const unsound = sound.replace('daily }', 'daily, retention: { last: "[Number]" } }');
  assert.deepEqual(new Set(edited(head + unsound)), new Set(['b']));
  const vaults = head.replace('location: /b,', 'location: /b, retention: { last: TODO },');
  assert.deepEqual(edited(vaults + sound), []);
});

test('a system without checks gets those that need no words of their own', () => {
  const plain = `  a:\n    ${files}\n    schedule: hourly\n`;
  assert.equal(corrected(plain, 'no-check'), `${plain}    checks: [files]\n`);
  const database = '  a:\n    source: { kind: sqlite, path: x.db }\n    schedule: hourly\n    checks: []\n';
  assert.equal(corrected(database, 'no-check'), database.replace('[]', '[integrity, foreign_keys]'));
  const command = '  a: { source: { kind: command, run: [dump], file: a }, schedule: hourly }\n';
  assert.equal(corrected(command, 'no-check'), undefined);
});

test('a pipe is run so that its failures count', () => {
  const source = (run: string) =>
    `  a:\n    source:\n      kind: command\n      run: ${run}\n      file: a\n    schedule: hourly\n    checks: [files]\n`;
  assert.equal(
    corrected(source('dump | gzip'), 'pipe-status'),
    source('[bash, -o, pipefail, -c, dump | gzip]'),
  );
  assert.equal(corrected(source('|\n        dump |\n        gzip'), 'pipe-status'), undefined);
  assert.equal(corrected(source('mysqldump -phunter2 shop | gzip'), 'pipe-status'), undefined);
});
