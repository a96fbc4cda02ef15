/** What the linter advises, it accepts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from '../parse-plan.ts';
import { lintPlan } from './lint-plan.ts';

const sources: Readonly<Record<string, string>> = {
  files: 'paths: [./x]',
  sqlite: 'path: x.db',
  env: 'files: [.env]',
  command: 'run: ./dump, file: x.sql',
  postgres: 'connection: { host: db, database: shop, user: a }',
  mysql: 'connection: { host: db, database: shop, user: a }',
  s3: 'bucket: shop',
  azure: 'account: shop, container: shop',
  git: 'url: https://example.org/x.git',
  kubernetes: 'namespaces: [shop]',
  terraform: 'directory: ./infra',
  other: 'what: a printer',
};

function planWith(kind: string, fields: string, checks: string) {
  return parsePlan(
    `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: /a } }
systems: { a: { source: { kind: ${kind}, ${fields} }, schedule: hourly${checks} } }`,
    'p',
  );
}

for (const [kind, fields] of Object.entries(sources)) {
  test(`the checks that are advised for ${kind} are accepted`, () => {
    const advised = lintPlan(planWith(kind, fields, ''), {}).find(({ id }) => id === 'no-check');
    const checks = /^add "(.*)"$/.exec(advised?.suggestion ?? '')?.[1]?.replaceAll('…', 'x');
    assert.ok(checks !== undefined, advised?.suggestion);
    const parsed = planWith(kind, fields, `, ${checks}`);
    assert.deepEqual(parsed.findings, []);
    assert.ok(lintPlan(parsed, {}).every(({ id }) => id !== 'no-check'));
  });
}

test('a check that no word is for is told as a map', () => {
  for (const [word, kind] of [
    ['row_counts', 'row_counts'],
    ['rows', 'row_counts'],
    ['http', 'http'],
  ]) {
    const [finding] = planWith('files', 'paths: [./x]', `, checks: [${word}]`).findings;
    assert.ok(finding?.suggestion?.startsWith(`write { kind: ${kind}, … }`), finding?.suggestion);
  }
});
