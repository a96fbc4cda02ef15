import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planSchema } from '../../src/plan/plan-schema.ts';
import { languageFields } from '../../src/plan/schema-fields.ts';
import { askedFor } from './asked-for.ts';
import { fieldsById } from './mission-page.ts';

test('everything that real plans ask for has a field', () => {
  const byId = fieldsById();
  const rows = askedFor();
  assert.equal(rows.length, 226);
  const without = rows.filter(({ id }) => !byId.has(id)).map(({ id, asks }) => `${id}: ${asks}`);
  assert.deepEqual(without, []);
});

test('no field names an id that nobody asked for', () => {
  const asked = new Set(askedFor().map(({ id }) => id));
  assert.deepEqual(
    [...fieldsById().keys()].filter((id) => !asked.has(id)),
    [],
  );
});

test('every field of the language has a description and an example', () => {
  const mute = [...languageFields(planSchema)].filter(
    ({ isKey, isConstant, description, examples }) =>
      isKey && !isConstant && (description === undefined || examples.length === 0),
  );
  assert.deepEqual(
    mute.map(({ path }) => path),
    [],
  );
});
