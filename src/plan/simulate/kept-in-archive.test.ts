import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from '../parse-plan.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { spacingOf } from './kept-points.ts';

const day = 86_400_000;

function spacings(retention: string, ageDays: number): readonly unknown[] {
  const { draft, findings } = parsePlan(
    `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: ./here }, cold: { location: ./cold, role: archive } }
systems: { db: { source: { kind: files, paths: [./x] }, schedule: daily, retention: { ${retention} } } }
`,
    'lifeboat.yaml',
  );
  assert.ok(draft, JSON.stringify(findings));
  const { systems, vaults } = resolvePlan(draft.plan);
  const line = systems[0]?.backups[0];
  assert.ok(systems[0] && line);
  return vaults.map((vault) => systems[0] && spacingOf(line, systems[0], vault, ageDays * day));
}

test('what an archive has is what was left when it moved, for as long as it stays', () => {
  const rules = 'daily: 60, archive: { after: 30 days, keep_for: 90 days }';
  assert.deepEqual(spacings(rules, 40), [day, day]);
  assert.deepEqual(spacings(rules, 100), ['nothing', day]);
  assert.deepEqual(spacings(rules, 121), ['nothing', 'nothing']);
  assert.deepEqual(spacings(`at_most: 50 days, ${rules}`, 60), ['nothing', 'nothing']);
});

test('an archive without an end keeps for ever', () => {
  assert.deepEqual(spacings('within: 9 days, archive: { after: 9 days }', 4000), ['nothing', 0]);
});
