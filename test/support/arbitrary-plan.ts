/**
 * Random plans without errors, of the whole language: built by walking the schema, so that a new field is in them as
 * soon as the language has it.
 */
import fc from 'fast-check';
import { stringify } from 'yaml';
import type * as z from 'zod';
import type { PlanFacts, SystemMeasures } from '../../src/plan/lint/plan-facts.ts';
import { planSchema } from '../../src/plan/plan-schema.ts';
import { type FieldFacts, factsOf, type ReferenceKind } from '../../src/plan/schema/field-facts.ts';

export type Plain = null | boolean | number | string | readonly Plain[] | PlainMap;
export interface PlainMap {
  readonly [key: string]: Plain;
}

export interface GeneratedPlan {
  /** As the file says it, for changes in a test. */
  readonly data: PlainMap;
  readonly text: string;
}

/** `small`: vaults, systems, tiers and classes; `recovery`: with sites, runbooks, scenarios; `whole`: with all blocks. */
export type PlanSize = 'small' | 'recovery' | 'whole';

/** A plan that parses without an error; of any size when none is asked for. */
export function arbitraryPlan(size?: PlanSize): fc.Arbitrary<GeneratedPlan> {
  const data = size === undefined ? fc.oneof(...planSizes.map(plansOfSize)) : plansOfSize(size);
  return data.map((plan) => ({ data: plan, text: yamlOf(plan) }));
}

const planSizes: readonly PlanSize[] = ['small', 'recovery', 'whole'];

/** The text of plain data, without anchors and without folded lines. */
export function yamlOf(data: Plain): string {
  return stringify(data, { aliasDuplicateObjects: false, lineWidth: 0 });
}

/** Measurements of some of the systems of generated plans. */
export function arbitraryFacts(): fc.Arbitrary<PlanFacts> {
  const measure = fc.nat(100_000_000).map((value) => ({ value, from: 'measured: 12 runs' }));
  const plain = { noNullPrototype: true };
  const copies = fc.dictionary(fc.constantFrom(...namesOf('vault')), measure, { ...plain, maxKeys: 2 });
  const measures: fc.Arbitrary<SystemMeasures> = fc.record(
    {
      captureMedianMs: measure,
      captureWorstMs: measure,
      copyMs: copies,
      restoreLastMs: measure,
      restoreMedianMs: measure,
      restoredBytes: measure,
      restoreBytesPerSecond: measure,
      sourceBytes: measure,
      growthBytesPerDay: measure,
      logLagMs: measure,
    },
    { ...plain, requiredKeys: [] },
  );
  const systems = fc.constantFrom(...namesOf('system'));
  return fc.record({ measured: fc.dictionary(systems, measures, plain) }, plain);
}

const plansBySize = new Map<PlanSize, fc.Arbitrary<PlainMap>>();

function plansOfSize(size: PlanSize): fc.Arbitrary<PlainMap> {
  const known = plansBySize.get(size);
  if (known !== undefined) return known;
  const fields = Object.entries(definitionOf(planSchema).shape ?? {}).flatMap(([key, schema]) => {
    if (!isBlockOf(size, key)) return [];
    const values = valuesOf(schema, { size, key, isField: true });
    return values === undefined ? [] : [[key, alwaysThere(size, key) ? values : sometimes(values)] as const];
  });
  const made = fc.record(Object.fromEntries(fields)).map((plan) => repaired(withoutUndefined(plan)));
  plansBySize.set(size, made);
  return made;
}

/** Files, profiles and variables are how a plan is written down, not what it says. */
const writtenDown = ['include', 'profiles', 'variables'];
const smallBlocks = ['version', 'metadata', 'vaults', 'objectives', 'tiers', 'data_classes', 'systems'];
const recoveryBlocks = ['sites', 'destinations', 'failovers', 'runbooks', 'scenarios', 'drills', 'probes'];

function isBlockOf(size: PlanSize, key: string): boolean {
  if (writtenDown.includes(key)) return false;
  if (size === 'whole' || smallBlocks.includes(key)) return true;
  return size === 'recovery' && recoveryBlocks.includes(key);
}

/** Blocks whose names others may use. */
function alwaysThere(size: PlanSize, key: string): boolean {
  return (
    ['version', 'metadata', 'vaults', 'systems', 'communication'].includes(key) ||
    Object.values(declaringBlocks).some((blocks) => blocks.includes(key)) ||
    (size !== 'small' && recoveryBlocks.includes(key))
  );
}

/** In which blocks names of a kind are declared. */
const declaringBlocks: Readonly<Record<ReferenceKind, readonly string[]>> = {
  system: ['systems'],
  vault: ['vaults'],
  tier: ['tiers'],
  'data class': ['data_classes'],
  site: ['sites'],
  failover: ['failovers'],
  scenario: ['scenarios'],
  runbook: ['runbooks'],
  drill: ['drills'],
  probe: ['probes'],
  alert: ['alerts'],
  channel: ['channels'],
  responder: ['contacts', 'teams', 'rotas'],
  template: ['communication'],
  vendor: ['vendors'],
  'recovery need': ['recovery_needs'],
  escalation: ['escalations'],
  destination: ['destinations'],
};

function namesOf(kind: ReferenceKind): readonly string[] {
  const blocks = kind === 'template' ? ['templates'] : declaringBlocks[kind];
  return blocks.flatMap((block) => namesOfBlock(block));
}

function namesOfBlock(block: string): readonly string[] {
  const count = block === 'systems' ? 4 : 2;
  return Array.from({ length: count }, (_, index) => `${block.replaceAll('_', '-')}-${index + 1}`);
}

function isDeclared(kind: ReferenceKind, size: PlanSize): boolean {
  return declaringBlocks[kind].some((block) => isBlockOf(size, block));
}

interface Place {
  readonly size: PlanSize;
  /** The key of the nearest map around. */
  readonly key: string;
  /** False for what stands deeper than a block. */
  readonly isField: boolean;
  /** What the field around says about itself. */
  readonly examples?: readonly unknown[];
  readonly facts?: FieldFacts;
}

type Schema = z.core.$ZodType;

/** The parts of zod's definitions that are needed here. */
interface Definition {
  readonly type: string;
  readonly innerType?: Schema;
  readonly in?: Schema;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly valueType?: Schema;
  readonly element?: Schema;
  readonly options?: readonly Schema[];
  readonly entries?: Readonly<Record<string, string>>;
  readonly values?: readonly (string | number | boolean)[];
  readonly checks?: readonly unknown[];
}

function definitionOf(schema: Schema): Definition {
  return schema._zod.def as unknown as Definition;
}

/** Values of a schema, or nothing where each would need a name that a plan of this size does not declare. */
function valuesOf(schema: Schema, place: Place): fc.Arbitrary<Plain> | undefined {
  const around = { ...place, facts: { ...place.facts, ...factsOf(schema) }, ...examplesOf(schema, place) };
  const definition = definitionOf(schema);
  const { innerType, options } = definition;
  if (innerType !== undefined) return valuesOf(innerType, around);
  if (definition.type === 'pipe') return textsOf(schema, around);
  if (options !== undefined) return someOf(options.map((option) => valuesOf(option, around)));
  switch (definition.type) {
    case 'object':
      return mapsOf(schema, definition, around);
    case 'record':
      return recordsOf(definition, around);
    case 'array':
      return listsOf(schema, definition, around);
    case 'enum':
      return fc.constantFrom(...Object.values(definition.entries ?? {}));
    case 'literal':
      return fc.constantFrom(...(definition.values ?? []));
    case 'boolean':
      return fc.boolean();
    case 'number':
      return numbersOf(schema, around);
    default:
      return textsOf(schema, around);
  }
}

function examplesOf(schema: Schema, place: Place): Pick<Place, 'examples'> {
  const examples: unknown = Reflect.get(factsOf(schema), 'examples');
  const known = Array.isArray(examples) ? examples : place.examples;
  return known === undefined ? {} : { examples: known };
}

function someOf(options: readonly (fc.Arbitrary<Plain> | undefined)[]): fc.Arbitrary<Plain> | undefined {
  const possible = options.filter((option) => option !== undefined);
  return possible.length === 0 ? undefined : fc.oneof(...possible);
}

function mapsOf(
  schema: Schema,
  { shape = {}, checks }: Definition,
  place: Place,
): fc.Arbitrary<Plain> | undefined {
  const fields: Record<string, fc.Arbitrary<Plain | undefined>> = {};
  for (const [key, child] of Object.entries(shape)) {
    const { examples: _examples, facts: _facts, ...around } = place;
    const values = key === 'schedule' ? schedules : valuesOf(child, { ...around, key, isField: false });
    const isOptional = mayBeAbsent(child);
    if (values === undefined && !isOptional) return undefined;
    if (values !== undefined) fields[key] = isOptional && key !== 'templates' ? sometimes(values) : values;
  }
  const maps = fc.record(fields).map(withoutUndefined);
  return (checks ?? []).length === 0 ? maps : maps.filter((map) => isValid(schema, map));
}

function mayBeAbsent(schema: Schema): boolean {
  return schema._zod.optin === 'optional';
}

function sometimes(values: fc.Arbitrary<Plain>): fc.Arbitrary<Plain | undefined> {
  return fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values });
}

/** Blocks that declare names have all of them, so that each reference leads somewhere. */
function recordsOf({ valueType }: Definition, place: Place): fc.Arbitrary<Plain> | undefined {
  if (valueType === undefined) return undefined;
  const { examples: _examples, facts: _facts, ...around } = place;
  const values = valuesOf(valueType, { ...around, isField: false });
  if (values === undefined) return undefined;
  const names = namesOfBlock(place.key);
  const isDeclaring = place.isField || place.key === 'templates';
  const maps = fc.record(Object.fromEntries(names.map((name) => [name, values])));
  return isDeclaring ? maps : fc.dictionary(fc.constantFrom(...names), values, { minKeys: 1, maxKeys: 2 });
}

const itemsMax = 3;

function listsOf(schema: Schema, { element }: Definition, place: Place): fc.Arbitrary<Plain> | undefined {
  if (element === undefined) return undefined;
  const example = place.examples?.find(Array.isArray);
  const items = valuesOf(element, { ...place, ...(example === undefined ? {} : { examples: example }) });
  if (items === undefined) return isValid(schema, []) ? fc.constant([]) : undefined;
  const limits = { minLength: isValid(schema, []) ? 0 : 1, maxLength: itemsMax };
  const isSet = place.facts?.isSet === true || place.facts?.refersTo !== undefined;
  const lists = isSet
    ? fc.uniqueArray(items, { ...limits, selector: (item) => JSON.stringify(item) })
    : fc.array(items, limits);
  return lists.filter((list) => isValid(schema, list));
}

function numbersOf(schema: Schema, place: Place): fc.Arbitrary<Plain> {
  const examples = (place.examples ?? []).filter((example) => typeof example === 'number');
  const numbers = [...examples, 0, 1, 2, 7, 30, 100].filter((number) => isValid(schema, number));
  return fc.constantFrom(...numbers);
}

/** Texts that some field understands: each takes those that are valid for it. */
const understoodTexts: readonly string[] = [
  ...[
    '0 min',
    '1 s',
    '30 s',
    '1 min',
    '5 min',
    '15 min',
    '1 h',
    '90 min',
    '4 h',
    '1 day',
    '30 days',
    '400 days',
  ],
  ...['1 byte', '5 GiB', '200 GiB', '3 TB', '1 MB/s', '80 MB/s', '0%', '50%', '80 %'],
  ...['daily', 'weekly', 'monthly', 'quarterly', 'every 90 days', 'annually'],
  ...['${env:SOME_NAME}', '${file:/etc/some/key}', 'https://example.org/some', '2026-11-21', '12:30'],
  ...['sha256-0', 'Europe/Berlin', 'UTC', 'SOME_NAME', 'some-name', 'host.example.org', 'a@example.org'],
];
const oddTexts: readonly string[] = ['ä – ß', 'yes', '12', '- a: b', '"quoted" #', 'two\nlines', '${HOME}|x'];

function textsOf(schema: Schema, place: Place): fc.Arbitrary<Plain> | undefined {
  const kind = place.facts?.refersTo;
  if (kind !== undefined) return isDeclared(kind, place.size) ? fc.constantFrom(...namesOf(kind)) : undefined;
  const isPlainText = oddTexts.every((text) => isValid(schema, text));
  const examples = (place.examples ?? []).flat().filter((example) => typeof example === 'string');
  const texts = [...examples, ...(isPlainText ? oddTexts : understoodTexts)];
  const valid = [...new Set(texts)].filter((text) => isValid(schema, text));
  return valid.length === 0 ? undefined : fc.constantFrom(...valid);
}

function isValid(schema: Schema, value: unknown): boolean {
  return schema._zod.run({ value, issues: [] }, {}) instanceof Promise
    ? false
    : issuesOf(schema, value).length === 0;
}

function issuesOf(schema: Schema, value: unknown): readonly unknown[] {
  const result = schema._zod.run({ value, issues: [] }, {});
  return result instanceof Promise ? [result] : result.issues;
}

const schedules: fc.Arbitrary<Plain> = fc.oneof(
  fc.constantFrom(
    ...['hourly', 'every 6h', 'every 15 min', 'daily at 02:00 UTC', 'daily at 02:00', '0 2 * * *', 'weekly'],
    ...[
      'daily between 01:00 and 05:00',
      'monthly on the 1st at 04:00',
      'on deploy',
      'on commit',
      'continuous',
    ],
  ),
  fc.constantFrom<Plain>(['hourly', 'daily at 02:00'], ['daily at 01:00', 'on deploy']),
);

function withoutUndefined(map: Readonly<Record<string, Plain | undefined>>): PlainMap {
  return Object.fromEntries(
    Object.entries(map).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}

/** Takes away what is wrong between fields that are each right: two schedules, unsuitable checks, cycles. */
function repaired(plan: PlainMap): PlainMap {
  const systems = Object.entries(mapOf(plan['systems'])).map(
    ([name, system], index) => [name, repairedSystem(mapOf(system), index)] as const,
  );
  return { ...plan, systems: Object.fromEntries(systems) };
}

function repairedSystem(system: PlainMap, index: number): PlainMap {
  const { schedule, checks, canary, backups, logs, depends_on: dependsOn, ...rest } = system;
  const source = mapOf(system['source'])['kind'];
  const earlier = namesOf('system').slice(0, index);
  return withoutUndefined({
    ...rest,
    schedule: backups === undefined ? schedule : undefined,
    backups: backups === undefined ? undefined : repairedLines(mapOf(backups)),
    logs: logs === undefined ? undefined : repairedLogs(mapOf(logs)),
    checks: listOf(checks)?.filter((check) => isSuited(check, source)),
    canary: isCanarySuited(mapOf(canary)['kind'], source) ? canary : undefined,
    depends_on: listOf(dependsOn)?.filter((name) => typeof name === 'string' && earlier.includes(name)),
  });
}

/** What commits wait for is decided where they wait, and only there. */
function repairedLogs(logs: PlainMap): PlainMap {
  const { copies, when_unreachable: whenUnreachable, ...rest } = logs;
  if (rest['acknowledged'] !== 'before-commit') return rest;
  return withoutUndefined({
    ...rest,
    when_unreachable: whenUnreachable ?? 'block',
    copies: copies === undefined ? undefined : 1,
  });
}

/** A line is the alternative of another one of its system. */
function repairedLines(lines: PlainMap): PlainMap {
  return Object.fromEntries(
    Object.entries(lines).map(([name, line]) => {
      const other = Object.keys(lines).find((each) => each !== name);
      const { alternative_to: alternative, ...rest } = mapOf(line);
      return [
        name,
        withoutUndefined({ ...rest, alternative_to: alternative === undefined ? undefined : other }),
      ];
    }),
  );
}

const databases: readonly Plain[] = ['sqlite', 'postgres', 'mysql'];
const ofDatabases: readonly Plain[] = ['integrity', 'foreign_keys', 'sql', 'row_counts', 'tables'];

function isSuited(check: Plain, source: Plain | undefined): boolean {
  const kind = typeof check === 'string' ? check : (mapOf(check)['kind'] ?? '');
  if (!ofDatabases.includes(kind)) return true;
  return source !== undefined && databases.includes(source) && !(kind === 'tables' && source === 'sqlite');
}

function isCanarySuited(kind: Plain | undefined, source: Plain | undefined): boolean {
  return source === (kind === 'table' ? 'sqlite' : 'files');
}

export function mapOf(value: Plain | undefined): PlainMap {
  return typeof value === 'object' && value !== null && !isList(value) ? value : {};
}

function listOf(value: Plain | undefined): readonly Plain[] | undefined {
  return value !== undefined && isList(value) ? value : undefined;
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}
