import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from '../parse-plan.ts';

const problemsWith = (limits: string) =>
  parsePlan(
    `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: /a, limits: { ${limits} } } }
objectives: { rpo: 3 h, rto: 1 h }
systems: { db: { source: { kind: sqlite, path: x.db }, checks: [integrity] } }
`,
    'lifeboat.yaml',
  )
    .findings.filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);

for (const limits of ['upload: 0 B', 'download: 0.1 B', 'upload: 1 B'])
  test(`${limits} is too little`, () => {
    assert.match(problemsWith(limits).join(), /too little to carry a backup/);
  });

test('a slow line is none to be refused', () => {
  assert.deepEqual(problemsWith('upload: 1 KB, download: 8 KiB'), []);
});
