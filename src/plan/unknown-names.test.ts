/** Names that lead nowhere, wherever they stand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from './parse-plan.ts';

function findingsOf(system: string, more = ''): readonly string[] {
  const text = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: /a } }
${more}
systems: { a: { source: { kind: files, paths: [./x] }, ${system} }, b: {} }`;
  return parsePlan(text, 'p').findings.map(({ id, path, message }) => `${id} ${path}: ${message}`);
}

test('a system that is proved together with one that is not there', () => {
  assert.deepEqual(findingsOf('proof: { with: [aa, b] }'), [
    'unknown-reference systems.a.proof.with[0]: there is no system "aa"',
  ]);
});

test('a line of backups that is the alternative of one that is not there, or of itself', () => {
  const line = (other: string) =>
    `backups: { full: { kind: full, schedule: daily, alternative_to: ${other} }, b2: { kind: sync, schedule: daily } }`;
  assert.deepEqual(findingsOf(line('b2')), []);
  for (const other of ['b8', 'full', 'b'])
    assert.deepEqual(findingsOf(line(other)), [
      `unknown-reference systems.a.backups.full.alternative_to: there is no line of backups "${other}"`,
    ]);
});

test('a line with an error of its own is there', () => {
  const lines =
    'backups: { full: { kind: full, schedule: daily, alternative_to: b2 }, b2: { kind: nothing, schedule: daily } }';
  assert.deepEqual(findingsOf(lines), [
    'wrong-value systems.a.backups.b2.kind: not a value that is known here',
  ]);
});

test('a tier or a data class without a block gives no objectives, which is said once for each', () => {
  const system = 'tier: important, data_classes: [nope, nope]';
  assert.deepEqual(findingsOf(system), [
    'undeclared-name systems.a.tier: the plan has no tiers, so the tier important gives no objectives',
    'undeclared-name systems.a.data_classes[0]: the plan has no data classes, so the data class nope gives no objectives',
  ]);
  assert.deepEqual(findingsOf('tier: important', 'tiers: { important: { rpo: 1 h } }'), []);
});
