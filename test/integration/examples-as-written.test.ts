/**
 * Five plans of real teams, written down with their faults: the linter finds what is wrong with them, nothing of the
 * documents is left out, and nothing stands in the plans that the documents do not say.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import type { Finding } from '../../src/plan/finding.ts';
import { lintPlan } from '../../src/plan/lint/lint-plan.ts';
import { lintRules, numbersOf } from '../../src/plan/lint/rules.ts';
import { type ParsedPlan, parsePlan } from '../../src/plan/parse-plan.ts';
import { isThere, leavesOf, parseDocumentLines, partsOf } from './document-lines.ts';

interface Written {
  /** Lines that the document has. */
  readonly lines: number;
  /** What people found wrong with the document when they read it, and the field where it has to be found. */
  readonly faults: Readonly<Record<string, string>>;
}

const written: Readonly<Record<string, Written>> = {
  'shujaa-studio': {
    lines: 74,
    faults: {
      T18: 'runbooks.recovery-steps.steps[3]',
      T21: 'runbooks.recovery-steps',
      T28: 'runbooks.recovery-steps.steps[5]',
    },
  },
  'supabase-platform': {
    lines: 159,
    faults: {
      T1: 'systems.database.logs',
      T2: 'systems.user_auth.objectives.rto',
      T3: 'systems.user_uploads.schedule',
      T18: 'runbooks.data-corruption',
      T25: 'runbooks.security-breach',
      T29: 'runbooks.database-recovery',
    },
  },
  'gifted-eternity': {
    lines: 465,
    faults: {
      T4: 'systems.user-uploads.backups.snapshot.schedule',
      T5: 'systems.database.logs',
      T7: 'alerts.backup-age.above',
      T9: 'failovers.to-secondary-region.phases',
      T10: 'systems.database.source.run',
      T11: 'systems.database.source.run',
      T12: 'systems.database.source.run',
      T13: 'systems.database.checks[0].run',
      T14: 'runbooks.file-storage-recovery.steps[0]',
      T15: 'vaults.gifted-eternity-music.lifecycle[0]',
      T16: 'systems.database.backups.incremental.schedule',
      T17: 'scenarios.ransomware-attack',
      T19: 'escalations.escalation-path.levels[0]',
      T20: 'compliance.frameworks.gdpr',
      T21: 'runbooks.failover-process',
      T23: 'systems.database.backups.incremental.kind',
      T24: 'scenarios.database-corruption.objectives.rto',
      T26: 'probes.backup-health.healthy[0].as',
      T29: 'runbooks.database-restore.steps[1]',
      T30: 'probes.multi-region-monitoring',
    },
  },
  'ai-docs-assistant': {
    lines: 80,
    faults: {
      T6: 'systems.database.logs',
      T8: 'systems.uploads.backups.daily.schedule',
      T19: 'escalations.escalation-procedures.levels[0]',
      T22: 'systems.database.runbook',
      T27: 'runbooks.file-recovery.steps[1]',
      T28: 'runbooks.application-recovery.steps[0]',
    },
  },
  'aiaas-platform': {
    lines: 124,
    faults: {
      T6: 'systems.database.logs',
      T20: 'systems.database.objectives.keep_at_least',
      T21: 'runbooks.full-platform-recovery',
      T29: 'runbooks.database-recovery',
    },
  },
};

const folder = resolve(import.meta.dirname, '../../examples/as-written');
const read = (name: string, file: string): string => readFileSync(join(folder, name, file), 'utf8');

for (const [name, { lines, faults }] of Object.entries(written)) {
  const parsed = parsePlan(read(name, 'lifeboat.yaml'), 'lifeboat.yaml');
  const findings = lintPlan(parsed, {});

  test(`${name}: the linter finds what people found, where it is`, () => {
    const missed = Object.entries(faults).filter(
      ([number, place]) => !findings.some(({ id, path }) => path.startsWith(place) && answersTo(id, number)),
    );
    assert.deepEqual(missed, []);
  });

  test(`${name}: all findings are those that are known`, () => {
    const text = findings.map(lineOf).join('');
    const path = join(folder, name, 'findings.txt');
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
    assert.equal(text, readFileSync(path, 'utf8'));
  });

  test(`${name}: the only errors of form are gaps that the document leaves`, () => {
    const ofForm = parsed.findings.filter(({ id }) => id !== 'placeholder');
    assert.deepEqual(ofForm.map(lineOf), []);
    assert.ok(parsed.draft !== undefined);
  });

  test(`${name}: each rule that speaks is explained in the README, and no other`, () => {
    const readme = read(name, 'README.md');
    const explained = new Set([...readme.matchAll(/^\| `([a-z-]+)`/gm)].map(([, id]) => id));
    assert.deepEqual([...explained].sort(), [...new Set(findings.map(({ id }) => id))].sort());
  });

  test(`${name}: each line of the document stands in fields of the plan`, () => {
    const { ranges } = parseDocumentLines(read(name, 'document-lines.txt'));
    let next = 1;
    for (const { from, to, fields } of ranges) {
      assert.equal(from, next, `line ${next} is missing or there twice`);
      assert.ok(to >= from, `${from}-${to}`);
      for (const field of fields) assert.ok(isThere(planValue(parsed), partsOf(field)), `${from}: ${field}`);
      next = to + 1;
    }
    assert.equal(next - 1, lines);
  });

  test(`${name}: the plan says nothing that the document does not say`, () => {
    const { ranges, added } = parseDocumentLines(read(name, 'document-lines.txt'));
    const known = [...ranges.flatMap(({ fields }) => fields), ...added].map(partsOf);
    const unknown = leavesOf(planValue(parsed)).filter(
      (leaf) => !known.some((field) => field.every((part, index) => leaf[index] === part)),
    );
    assert.deepEqual(
      unknown.map((leaf) => leaf.join('.')),
      [],
    );
  });
}

function planValue({ composed }: ParsedPlan): unknown {
  return composed ?? assert.fail('the plan cannot be read');
}

function answersTo(id: string, number: string): boolean {
  return lintRules.some((rule) => rule.id === id && numbersOf(rule).includes(number));
}

function numberOf(id: string): string {
  return lintRules.find((rule) => rule.id === id)?.number ?? '-';
}

function lineOf({ severity, id, path, line, message }: Finding): string {
  return `${severity} ${id} ${numberOf(id)} ${path === '' ? '-' : path}:${line} ${message}\n`;
}
