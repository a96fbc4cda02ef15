import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import * as z from 'zod';
import { planJsonSchema } from './plan-json-schema.ts';
import { planSchema } from './plan-schema.ts';
import { languageFields } from './schema-fields.ts';

const examples = path.resolve(import.meta.dirname, '../../examples');

test('every example of a field is right', () => {
  const wrong = [...languageFields(planSchema)].flatMap(({ path: at, schema, examples: given }) =>
    given
      .filter((example) => !z.safeParse(schema, example).success)
      .map((example) => `${at}: ${JSON.stringify(example)}`),
  );
  assert.deepEqual([...new Set(wrong)].slice(0, 10), []);
});

/** As an editor reads it: from the published text alone. */
const asPublished = z.fromJSONSchema(JSON.parse(planJsonSchema()));

for (const name of fs.readdirSync(examples)) {
  const file = path.join(examples, name, 'lifeboat.yaml');
  if (!fs.existsSync(file)) continue;
  test(`an editor that knows the published schema has nothing against the example ${name}`, () => {
    const { error } = asPublished.safeParse(parse(fs.readFileSync(file, 'utf8')));
    assert.deepEqual(error?.issues.slice(0, 3), undefined);
  });
}

test('an editor that knows the published schema objects to a misspelt key, a wrong kind and a missing name', () => {
  const good = parse(fs.readFileSync(path.join(examples, 'first-plan/lifeboat.yaml'), 'utf8'));
  assert.ok(asPublished.safeParse(good).success);
  const { name: _name, ...nameless } = good.metadata;
  const wrong = [
    { ...good, sistems: {} },
    { ...good, metadata: nameless },
    { ...good, systems: { db: { source: { kind: 'oracle', path: 'x' } } } },
    { ...good, runbooks: { restore: { steps: [{ do: 'explode' }] } } },
  ];
  assert.deepEqual(
    wrong.map((plan) => asPublished.safeParse(plan).success),
    [false, false, false, false],
  );
});
