import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from './parse-plan.ts';

function found(logs: string): readonly string[] {
  const text = `version: 1
metadata: { id: 5f0c2c4e-6d5b-4a3e-9c1d-0a1b2c3d4e5f, name: Shop, owner: Jane Doe }
vaults:
  here: { location: ./vault, role: primary }
  away: { location: /mnt/away, role: secondary }
systems:
  db:
    source: { kind: postgres, connection: {} }
    schedule: hourly
    logs: ${logs}
`;
  const result = parsePlan(text, 'lifeboat.yaml');
  return result.findings.filter(({ severity }) => severity === 'error').map(({ id }) => id);
}

test('where commits wait it is decided what happens when nobody can be reached', () => {
  assert.deepEqual(found('{ acknowledged: before-commit }'), ['logs-undecided']);
  assert.deepEqual(found('{ acknowledged: before-commit, when_unreachable: block }'), []);
  assert.deepEqual(found('{ acknowledged: before-commit, when_unreachable: { degrade_after: 30 s } }'), []);
});

test('where no commit waits there is nothing to decide', () => {
  assert.deepEqual(found('{}'), []);
  assert.deepEqual(found('{ when_unreachable: block }'), ['logs-not-waited-for']);
  assert.deepEqual(found('{ copies: 1 }'), ['logs-not-waited-for']);
});

test('a commit cannot be in more vaults than the log goes to', () => {
  const waiting = 'acknowledged: before-commit, when_unreachable: block';
  assert.deepEqual(found(`{ ${waiting}, copies: 2 }`), []);
  assert.deepEqual(found(`{ ${waiting}, copies: 3 }`), ['logs-copies']);
  assert.deepEqual(found(`{ ${waiting}, copies: 2, vaults: [away] }`), ['logs-copies']);
});
