import * as z from 'zod';
import { planSchema } from './plan-schema.ts';
import { ownMetaKeys } from './schema/field-facts.ts';

/** A part of a JSON Schema as zod writes it. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * The published schema of `lifeboat.yaml`: draft 7, because that is what editors complete YAML with.
 * Describes the file as it is written, before quantities are parsed. Deterministic, ends with a newline.
 */
export function planJsonSchema(): string {
  return `${JSON.stringify(planSchemaDocument(), undefined, 2)}\n`;
}

export function planSchemaDocument(): JsonSchema {
  return z.toJSONSchema(planSchema, {
    io: 'input',
    target: 'draft-7',
    cycles: 'throw',
    override: keepExamples,
  });
}

/** zod drops the examples of fields that are parsed into something else; ours show what is written. Our own facts stay ours. */
function keepExamples(context: {
  readonly zodSchema: z.core.$ZodTypes;
  readonly jsonSchema: JsonSchema;
}): void {
  for (const key of ownMetaKeys) Reflect.deleteProperty(context.jsonSchema, key);
  const examples = z.globalRegistry.get(context.zodSchema)?.['examples'];
  if (Array.isArray(examples)) context.jsonSchema.examples = examples;
}
