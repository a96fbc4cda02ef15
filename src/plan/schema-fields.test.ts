import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planSchema } from './plan-schema.ts';
import { languageFields } from './schema-fields.ts';

test('a block is as much carried out as what stands in it', () => {
  const uses = new Map([...languageFields(planSchema)].map(({ path, facts }) => [path, facts.use]));
  const told = ['runbooks', 'drills', 'contacts', 'related_documents', 'systems', 'tiers'].map((path) =>
    uses.get(path),
  );
  assert.deepEqual(told, ['planned', 'planned', 'information', 'information', 'executed', 'executed']);
});
