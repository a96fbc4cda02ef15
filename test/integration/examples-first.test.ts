/** Plans to copy and begin with: nothing is to be said against them, under each of their profiles. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { lintPlan } from '../../src/plan/lint/lint-plan.ts';
import { type ParsedPlan, parsePlan } from '../../src/plan/parse-plan.ts';

const examples = resolve(import.meta.dirname, '../../examples');
const names = readdirSync(examples)
  .filter((name) => existsSync(join(examples, name, 'lifeboat.yaml')))
  .filter((name) => !existsSync(join(examples, 'as-written', name)));

function load(name: string, profile?: string): ParsedPlan {
  const text = readFileSync(join(examples, name, 'lifeboat.yaml'), 'utf8');
  return parsePlan(text, 'lifeboat.yaml', profile === undefined ? {} : { profile });
}

test('these are the plans that are no repaired ones', () => {
  assert.deepEqual(names.toSorted(), ['first-plan', 'three-vaults']);
});

for (const name of names) {
  test(`${name}: the linter finds nothing, not even a note`, () => {
    const profiles = Object.keys(load(name).plan?.profiles ?? {});
    for (const profile of [undefined, ...profiles]) {
      const parsed = load(name, profile);
      assert.ok(parsed.plan !== undefined);
      assert.deepEqual(
        lintPlan(parsed, {}).map(({ id, path, message }) => `${id} ${path}: ${message}`),
        [],
        profile ?? 'without a profile',
      );
    }
  });
}

test('three-vaults: who prunes has the same plan, and only he may delete', () => {
  const [plan, keeper] = [load('three-vaults').plan, load('three-vaults', 'keeper').plan];
  assert.equal(keeper?.metadata.id, plan?.metadata.id);
  assert.deepEqual(
    [plan?.vaults['bucket']?.append_only, keeper?.vaults['bucket']?.append_only],
    [true, false],
  );
});
