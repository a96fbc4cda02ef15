import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gapsByAlias } from './gaps-by-alias.ts';
import { parsePlan } from './parse-plan.ts';

const plan = (proofOfB: string) => `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d44, name: Shop, owner: Jane }
vaults: { here: { location: ./here } }
systems:
  a: { source: { kind: files, paths: [./a] }, proof: &proof { every: "[Define how often]" } }
  b: { source: { kind: files, paths: [./b] }, proof: ${proofOfB} }
`;

test('a gap that an alias repeats is reported once, where it is written, and as nothing else', () => {
  const findings = parsePlan(plan('*proof'), 'lifeboat.yaml').findings;
  assert.deepEqual(
    findings.map(({ id, path, line }) => [id, path, line]),
    [['placeholder', 'systems.a.proof.every', 5]],
  );
});

test('a gap that is written twice is reported twice', () => {
  const findings = parsePlan(plan('{ every: "[Define how often]" }'), 'lifeboat.yaml').findings;
  assert.deepEqual(
    findings.map(({ id, line }) => [id, line]),
    [
      ['placeholder', 5],
      ['placeholder', 6],
    ],
  );
});

test('only what is in force and was not written there is found', () => {
  const root = { a: ['[Name]'], b: { c: '[Name]' }, profiles: { d: '[Name]' } };
  assert.deepEqual(gapsByAlias(root, [['a', 0]]), [['b', 'c']]);
  assert.deepEqual(gapsByAlias(root, []), []);
});
