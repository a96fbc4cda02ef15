/** The plans of the five teams with their faults mended: nothing is left to mend, and the way there is explained. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { readIncludes } from '../../src/cli/read-includes.ts';
import { lintPlan } from '../../src/plan/lint/lint-plan.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';

const examples = resolve(import.meta.dirname, '../../examples');
const names = [
  'shujaa-studio',
  'supabase-platform',
  'gifted-eternity',
  'ai-docs-assistant',
  'aiaas-platform',
];

for (const name of names) {
  const folder = join(examples, name);
  const text = readFileSync(join(folder, 'lifeboat.yaml'), 'utf8');

  test(`${name}: lints without errors and warnings`, async () => {
    const files = await readIncludes(text, 'lifeboat.yaml', folder);
    const parsed = parsePlan(text, 'lifeboat.yaml', { files });
    const wrong = lintPlan(parsed, {}).filter(({ severity }) => severity !== 'info');
    assert.deepEqual(
      wrong.map(({ id, path, message }) => `${id} ${path}: ${message}`),
      [],
    );
    assert.ok(parsed.plan !== undefined);
  });

  test(`${name}: the README says what was changed, for the plan that stands as written`, () => {
    assert.ok(existsSync(join(examples, 'as-written', name, 'lifeboat.yaml')));
    const rows = readFileSync(join(folder, 'README.md'), 'utf8').match(/^\| .* \| .* \| .* \|$/gm) ?? [];
    assert.ok(rows.length > 5, `${rows.length} rows`);
  });
}
