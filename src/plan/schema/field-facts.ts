/**
 * What a field of the plan says about itself beside its type. The schema is the one place for it: the reference,
 * the editor's help, the check of names, the list of what is not executed yet and the map of what real plans ask
 * for are all read from here.
 */
import * as z from 'zod';

/** What this version does with a field: carries it out, only declares it for later, or holds it as information. */
export type FieldUse = 'executed' | 'planned' | 'information';

/** What a field that holds a name refers to. A responder is a contact, a team or a rota. */
export type ReferenceKind =
  | 'system'
  | 'vault'
  | 'tier'
  | 'data class'
  | 'site'
  | 'failover'
  | 'scenario'
  | 'runbook'
  | 'drill'
  | 'probe'
  | 'alert'
  | 'channel'
  | 'responder'
  | 'template'
  | 'vendor'
  | 'recovery need'
  | 'escalation'
  | 'destination';

/** What a text of the file is turned into when it is read. */
export type Quantity =
  | 'duration'
  | 'size'
  | 'rate'
  | 'percentage'
  | 'cadence'
  | 'secret'
  | 'text or reference'
  | 'address or reference'
  | 'tolerance'
  | 'schedule';

export interface FieldFacts {
  readonly quantity?: Quantity;
  readonly use?: FieldUse;
  readonly refersTo?: ReferenceKind;
  /** The order of a list means nothing, so it does not change the hash. */
  readonly isSet?: true;
  /** A program that is run: text for a shell, or a list of arguments. The linter looks into every one. */
  readonly isCommand?: true;
  /** Ids of what real plans ask for (A1 … S1) that this field expresses. */
  readonly mission?: readonly string[];
}

/** The facts of one layer of a schema (a field may be an optional around a list around a name). */
export function factsOf(schema: z.core.$ZodType): FieldFacts {
  return (z.globalRegistry.get(schema) ?? {}) as FieldFacts;
}

/** A field that may be absent. */
export function maybe<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  example: unknown,
  facts: FieldFacts = {},
): z.ZodExactOptional<Schema> {
  return z.exactOptional(schema).meta({ description, examples: [example], ...facts });
}

/** A field that must be there. */
export function must<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  example: unknown,
  facts: FieldFacts = {},
): Schema {
  return schema.meta({ description, examples: [example], ...facts });
}

/** Keys that are ours and no part of JSON Schema. */
export const ownMetaKeys: readonly (keyof FieldFacts)[] = [
  'use',
  'refersTo',
  'isSet',
  'isCommand',
  'mission',
  'quantity',
];

/** A field that has a usual value: `usual`, as it would be written. */
export function usually<Schema extends z.ZodType>(
  schema: Schema,
  usual: z.input<Schema>,
  description: string,
  example: unknown,
  facts: FieldFacts = {},
): z.ZodPrefault<Schema> {
  return schema.prefault(usual).meta({ description, examples: [example], ...facts });
}
