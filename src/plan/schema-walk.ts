/**
 * Goes through a parsed plan with its schema beside it, so that what a field says about itself (what it refers to,
 * whether it is carried out) is found at each value that is there.
 */
import type * as z from 'zod';
import type { PlanPath } from './plan-path.ts';
import { type FieldFacts, type FieldUse, factsOf, type Quantity } from './schema/field-facts.ts';
import { definitionOf } from './schema/zod-definition.ts';

export interface PlanField {
  readonly path: PlanPath;
  readonly value: unknown;
  /** The facts of the field itself; `use` is that of the nearest field around it that says one. */
  readonly facts: FieldFacts;
}

export type Schema = z.core.$ZodType;

/** Every value of the plan that has a field, outermost first. Worked out once for a plan, which never changes. */
export function walkFields(schema: Schema, value: unknown): readonly PlanField[] {
  if (typeof value !== 'object' || value === null) return fieldsFrom(schema, value);
  const known = walked.get(value);
  if (known !== undefined && known.schema === schema) return known.fields;
  const fields = fieldsFrom(schema, value);
  walked.set(value, { schema, fields });
  return fields;
}

const walked = new WeakMap<object, { readonly schema: Schema; readonly fields: readonly PlanField[] }>();

function fieldsFrom(top: Schema, root: unknown): readonly PlanField[] {
  const fields: PlanField[] = [];
  visit(top, root, [], 'executed');
  return fields;

  function visit(schema: Schema, value: unknown, path: PlanPath, around: FieldUse): void {
    const { bare, facts } = unwrap(schema, value);
    const use = facts.use ?? around;
    fields.push({ path, value, facts: facts.use === use ? facts : { ...facts, use } });
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child, inner] of childrenOf(bare, value)) {
      if (inner !== undefined) visit(child, inner, [...path, key], use);
    }
  }
}

/** How two values are told apart, and what of a value counts. */
export interface Meaning {
  readonly textOf: (value: unknown) => string;
  /** Of values that can be written in several ways. */
  readonly quantityOf: (quantity: Quantity, value: unknown) => unknown;
}

/** A copy in which lists whose order means nothing are sorted and without doubles, and quantities are what they mean. */
export function meaningOf(schema: Schema, value: unknown, meaning: Meaning): unknown {
  const { bare, facts } = unwrap(schema, value);
  if (facts.quantity !== undefined) return meaning.quantityOf(facts.quantity, value);
  const children = childrenOf(bare, value);
  if (children.length === 0) return value;
  const inner = children.map(
    ([key, child, each]) => [key, each === undefined ? undefined : meaningOf(child, each, meaning)] as const,
  );
  if (!Array.isArray(value)) return Object.fromEntries(inner);
  const items = inner.map(([, item]) => item);
  if (facts.isSet !== true) return items;
  const byText = new Map(items.map((item) => [meaning.textOf(item), item]));
  return [...byText.keys()].toSorted().map((key) => byText.get(key));
}

/** The schema at a path, with its facts; nothing when there is no such field. */
export function schemaAt(
  schema: Schema,
  path: PlanPath,
  value: unknown,
): { readonly schema: Schema; readonly facts: FieldFacts } | undefined {
  const { bare, facts } = unwrap(schema, value);
  const [first, ...rest] = path;
  if (first === undefined) return { schema, facts };
  const inner = childValue(value, first);
  const child = childSchema(bare, first);
  return child === undefined ? undefined : schemaAt(child, rest, inner);
}

type Child = readonly [key: string | number, schema: Schema, value: unknown];

/** The values inside a map or list, with their schemas; none for what the schema does not know. */
export function childrenOf(bare: Schema, value: unknown): readonly Child[] {
  if (typeof value !== 'object' || value === null) return [];
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return keys.flatMap((key): readonly Child[] => {
    const child = childSchema(bare, key);
    return child === undefined ? [] : [[key, child, childValue(value, key)]];
  });
}

function childValue(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return Reflect.get(value, key);
}

function childSchema(bare: Schema, key: string | number): Schema | undefined {
  const def = definitionOf(bare);
  if (def.shape !== undefined) return Object.hasOwn(def.shape, key) ? def.shape[key] : undefined;
  return def.type === 'record' ? def.valueType : def.type === 'array' ? def.element : undefined;
}

interface Unwrapped {
  readonly bare: Schema;
  readonly facts: FieldFacts;
}

/** Takes off what stands around a schema (optional, a usual value, a conversion) and picks the branch of a union. */
export function unwrap(schema: Schema, value: unknown): Unwrapped {
  let found = peel(schema);
  for (;;) {
    const option = optionOf(found.bare, value);
    if (option === undefined) return found;
    const inner = peel(option);
    found = { bare: inner.bare, facts: { ...inner.facts, ...found.facts } };
  }
}

const peeled = new WeakMap<Schema, Unwrapped>();

/** What does not depend on the value, worked out once for a schema. */
function peel(schema: Schema): Unwrapped {
  const known = peeled.get(schema);
  if (known !== undefined) return known;
  let bare = schema;
  let facts = withoutUndefined(factsOf(schema));
  for (let inner = insideOf(bare); inner !== undefined; inner = insideOf(bare)) {
    bare = inner;
    facts = { ...withoutUndefined(factsOf(inner)), ...facts };
  }
  const found = { bare, facts };
  peeled.set(schema, found);
  return found;
}

function withoutUndefined(facts: FieldFacts): FieldFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined));
}

function insideOf(schema: Schema): Schema | undefined {
  const { type, innerType, in: input } = definitionOf(schema);
  return type === 'pipe' ? input : innerType;
}

function optionOf(schema: Schema, value: unknown): Schema | undefined {
  const { options, discriminator } = definitionOf(schema);
  if (options === undefined) return undefined;
  return discriminator === undefined ? options.find((option) => suits(option, value)) : branch(schema, value);
}

function suits(option: Schema, value: unknown): boolean {
  const type = definitionOf(option).type;
  if (Array.isArray(value)) return type === 'array';
  const isMap = typeof value === 'object' && value !== null;
  return isMap === (type === 'object' || type === 'record' || type === 'union');
}

const branches = new WeakMap<Schema, ReadonlyMap<unknown, Schema>>();

/** The option of a discriminated union that a value is of. */
function branch(schema: Schema, value: unknown): Schema | undefined {
  const { options = [], discriminator = '' } = definitionOf(schema);
  const known =
    branches.get(schema) ?? new Map(options.flatMap((option) => literalsOf(option, discriminator)));
  branches.set(schema, known);
  return known.get(childValue(value, discriminator));
}

function literalsOf(option: Schema, discriminator: string): readonly (readonly [unknown, Schema])[] {
  const literal = definitionOf(peel(option).bare).shape?.[discriminator];
  const values = literal === undefined ? [] : [...(literal._zod.values ?? [])];
  return values.map((each) => [each, option] as const);
}
