/** Every field of the language, whether a plan uses it or not. */
import type * as z from 'zod';
import { type FieldFacts, factsOf } from './schema/field-facts.ts';
import { definitionOf, type SchemaDefinition } from './schema/zod-definition.ts';

export interface LanguageField {
  /** `systems.<name>.logs.max_lag`, `runbooks.<name>.steps[].promote.to`. */
  readonly path: string;
  readonly facts: FieldFacts;
  readonly schema: Schema;
  readonly description: string | undefined;
  readonly examples: readonly unknown[];
  /** Whether it is a key of a map with given keys, and not an item, a named thing or a branch of a union. */
  readonly isKey: boolean;
  /** Whether it can hold one value only, such as a `kind`. */
  readonly isConstant: boolean;
}

type Schema = z.core.$ZodType;

/** In the order of the schema. What stands in several places (steps, retention) comes up at each of them. */
export function* languageFields(
  schema: Schema,
  path = '',
  use: FieldFacts['use'] = 'executed',
  isKey = false,
): Generator<LanguageField> {
  const { bare, facts, texts } = peel(schema);
  const inherited = facts.use ?? useOfItems(definitionOf(bare)) ?? use;
  if (path !== '')
    yield {
      path,
      schema,
      facts: { ...facts, use: inherited },
      ...texts,
      isKey,
      isConstant: definitionOf(bare).type === 'literal',
    };
  for (const [suffix, child] of partsOf(definitionOf(bare))) {
    const inner = path === '' ? suffix.replace(/^\./, '') : path + suffix;
    yield* languageFields(child, inner, inherited, definitionOf(bare).shape !== undefined);
  }
}

/** A map or a list is as much carried out as what stands in it. */
function useOfItems({ valueType, element }: SchemaDefinition): FieldFacts['use'] {
  const item = valueType ?? element;
  return item === undefined ? undefined : peel(item).facts.use;
}

type Part = readonly [suffix: string, schema: Schema];

function partsOf(def: SchemaDefinition): readonly Part[] {
  if (def.shape !== undefined) return Object.entries(def.shape).map(([key, child]) => [`.${key}`, child]);
  if (def.valueType !== undefined) return [['.<name>', def.valueType]];
  if (def.element !== undefined) return [['[]', def.element]];
  return (def.options ?? [])
    .filter(hasParts)
    .map((option) => [nameOfOption(option, def.discriminator), option]);
}

function hasParts(option: Schema): boolean {
  const def = definitionOf(peel(option).bare);
  return def.shape !== undefined || def.options !== undefined || def.element !== undefined;
}

/** `.promote` for the option of a union that is told by its kind. */
function nameOfOption(option: Schema, discriminator: string | undefined): string {
  const literal = definitionOf(peel(option).bare).shape?.[discriminator ?? ''];
  const [value] = literal === undefined ? [] : [...(literal._zod.values ?? [])];
  return typeof value === 'string' ? `.${value}` : '';
}

/** What stands around a schema (optional, a usual value, a conversion) adds facts and words; the outermost counts. */
function peel(schema: Schema) {
  let bare = schema;
  let facts = factsOf(bare);
  for (;;) {
    const def = definitionOf(bare);
    const inner = def.type === 'pipe' ? def.in : def.innerType;
    if (inner === undefined) break;
    bare = inner;
    facts = { ...factsOf(inner), ...facts };
  }
  const { description, examples } = facts as { description?: string; examples?: readonly unknown[] };
  return { bare, facts, texts: { description, examples: examples ?? [] } };
}
