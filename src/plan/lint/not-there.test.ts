import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from '../parse-plan.ts';
import { lintPlan } from './lint-plan.ts';

const text = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults:
  here: { location: ./vault, password: "\${file:./key}" }
  away: { location: "s3://bucket/x", off_site: true }
dead_man_url: \${file:./url}
systems:
  files: { source: { kind: files, paths: [./a, ./b] }, schedule: hourly }
  db: { source: { kind: sqlite, path: ./shop.db }, schedule: hourly }
  env: { source: { kind: env, files: [./.env] }, schedule: hourly }
  infra: { source: { kind: terraform, directory: ./infra } }
`;

function notThere(missing: readonly string[] | undefined): readonly string[] {
  const facts = missing === undefined ? {} : { missingPaths: new Set(missing) };
  const findings = lintPlan(parsePlan(text, 'p'), facts).filter(({ id }) => id === 'not-there');
  assert.ok(findings.every(({ severity }) => severity === 'info'));
  return findings.map(({ line, path, message }) => `${line} ${path} ${message}`);
}

test('each path that this machine does not have is named where it stands', () => {
  const all = ['./vault', './key', 's3://bucket/x', './url', './a', './b', './shop.db', './.env', './infra'];
  assert.deepEqual(notThere(all), [
    '4 vaults.here.location the vault here: not there on this machine: ./vault',
    '4 vaults.here.password the key of the vault here: not there on this machine: ./key',
    "6 dead_man_url the dead man's switch: not there on this machine: ./url",
    '8 systems.files.source.paths[0] the source of files: not there on this machine: ./a',
    '8 systems.files.source.paths[1] the source of files: not there on this machine: ./b',
    '9 systems.db.source.path the source of db: not there on this machine: ./shop.db',
    '10 systems.env.source.files[0] the source of env: not there on this machine: ./.env',
  ]);
  assert.equal(notThere(['./b']).length, 1);
});

test('where nothing is known of the machine, nothing is said', () => {
  assert.deepEqual(notThere(undefined), []);
  assert.deepEqual(notThere([]), []);
});
