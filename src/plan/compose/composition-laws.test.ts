/** What holds of every plan, however it is spread over files, profiles and variables. JSON is YAML. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lintPlan } from '../lint/lint-plan.ts';
import { type ParsedPlan, parsePlan } from '../parse-plan.ts';
import { planHash } from '../plan-hash.ts';
import { type PlanPath, valueAt } from '../plan-path.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { mergePatch } from './apply-profile.ts';
import { composedText } from './composed-text.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonMap = { readonly [key: string]: Json };

const metadata = { id: '5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11', name: 'Shop', owner: 'Jane' };
const otherId = '6f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11';
const runs = { numRuns: 150 };

const label = fc.stringMatching(/^[a-z]{3,8}$/);
const duration = fc.constantFrom('5 min', '1 h', '90 min', '2 days');

const system = fc.record(
  {
    description: label,
    owner: label,
    objectives: fc.record({ rpo: duration, rto: duration }, { requiredKeys: [] }),
    schedule: fc.constantFrom('hourly', 'daily at 02:00 UTC', ['hourly', 'on deploy']),
    vaults: fc.constantFrom(['v1'], ['v1', 'v2']),
  },
  { requiredKeys: ['description'] },
);

/** Names of systems are apart from all labels. */
const plan = fc
  .record({
    systems: fc.array(system, { minLength: 1, maxLength: 7 }),
    tiers: fc.array(fc.record({ rpo: duration }), { maxLength: 3 }),
  })
  .map(({ systems, tiers }) => ({
    version: 1,
    metadata,
    vaults: { v1: { location: '/one' }, v2: { location: '/two', role: 'secondary' } },
    tiers: named('t', tiers),
    systems: named('s', systems),
  }));

function named<T>(prefix: string, entries: readonly T[]): Readonly<Record<string, T>> {
  return Object.fromEntries(entries.map((entry, index) => [`${prefix}${index}`, entry]));
}

interface Split {
  /** Which file each entry goes to, in turn; 0 is the main one. */
  readonly places: readonly number[];
  /** Which earlier file includes each of the others. */
  readonly parents: readonly number[];
}

const split: fc.Arbitrary<Split> = fc.record({
  places: fc.array(fc.nat(4), { minLength: 12, maxLength: 12 }),
  parents: fc.tuple(fc.constant(0), fc.nat(1), fc.nat(2), fc.nat(3)),
});

function spread(whole: JsonMap, { places, parents }: Split): readonly Record<string, Json>[] {
  const files: Record<string, Json>[] = [{}, {}, {}, {}, {}];
  let turn = 0;
  for (const [block, value] of Object.entries(whole)) {
    for (const [name, entry] of Object.entries(value as JsonMap)) {
      const isFixed = block === 'metadata' || block === 'profiles' || block === 'variables';
      const file = files[isFixed ? 0 : (places[turn++ % places.length] ?? 0)];
      assert.ok(file !== undefined);
      file[block] = { ...(file[block] as JsonMap | undefined), [name]: entry };
    }
  }
  for (const [index, parent] of parents.entries()) {
    const includes = (files[parent]?.['include'] ?? []) as readonly Json[];
    const from = files[parent];
    assert.ok(from !== undefined);
    from['include'] = [...includes, `./f${index + 1}.yaml`];
  }
  return files;
}

function parseSplit(whole: JsonMap, how: Split, profile?: string): ParsedPlan {
  const { version, ...blocks } = whole;
  const [main = {}, ...rest] = spread(blocks, how);
  const texts = rest.map((file, index) => [`f${index + 1}.yaml`, textOf(file)] as const);
  const options = { files: new Map(texts) };
  const text = textOf({ version: version ?? 1, ...main });
  return parsePlan(text, 'lifeboat.yaml', profile === undefined ? options : { ...options, profile });
}

function textOf(value: JsonMap): string {
  return JSON.stringify(value, undefined, 1);
}

function hashOf(parsed: ParsedPlan): string {
  assert.deepEqual(
    parsed.findings.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.ok(parsed.plan !== undefined);
  return planHash(resolvePlan(parsed.plan));
}

test('a plan means the same however it is split into files, and so does what is kept of it', () => {
  fc.assert(
    fc.property(plan, split, (whole, how) => {
      const parsed = parseSplit(whole, how);
      const hash = hashOf(parsePlan(textOf(whole), 'p'));
      assert.equal(hashOf(parsed), hash);
      assert.equal(hashOf(parsePlan(composedText(parsed), 'p')), hash);
    }),
    runs,
  );
});

test('values that are variables mean what the values mean', () => {
  const chosen = fc.array(fc.boolean(), { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(plan, split, chosen, (whole, how, choices) => {
      const variables: Record<string, Json> = {};
      let turn = 0;
      const systems = mapTexts(whole.systems, (text) => {
        if (choices[turn++ % choices.length] !== true) return text;
        const name = `x${turn}`;
        variables[name] = text.slice(1);
        return `${text.slice(0, 1)}\${var:${name}}`;
      });
      const parsed = parseSplit({ ...whole, systems, variables }, how);
      assert.equal(hashOf(parsed), hashOf(parsePlan(textOf(whole), 'p')));
      assert.deepEqual(parsed.findings, []);
    }),
    runs,
  );
});

test('every value is located in the file and on the line where it is written', () => {
  const patch = fc.array(
    fc.option(fc.record({ description: label, owner: fc.constantFrom('zoe', null) }, { requiredKeys: [] })),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(plan, split, patch, (whole, how, patches) => {
      const systems = Object.fromEntries(
        patches
          .map((each, index) => [`s${index}`, each] as const)
          .filter(([name, each]) => each === null || each.description !== undefined || name in whole.systems),
      );
      const profiles = { p: { metadata: { id: otherId }, systems } };
      const parsed = parseSplit({ ...whole, profiles }, how, 'p');
      const texts = new Map(parsed.files.map(({ fileName, text }) => [fileName, text.split('\n')]));
      const leaves = textPaths(valueAt(parsed.composed, ['systems']), ['systems']);
      for (const path of leaves) {
        const { file = 'lifeboat.yaml', line, column } = parsed.locate(path);
        const written = texts.get(file)?.[line - 1]?.slice(column - 1);
        const value = JSON.stringify(valueAt(parsed.composed, path));
        assert.ok(
          written?.startsWith(value),
          `${path.join('.')}: ${value} is not at ${file}:${line}:${column}`,
        );
      }
    }),
    runs,
  );
});

test('laws of the merge', () => {
  const value = fc.letrec<{ map: JsonMap; any: Json }>((tie) => ({
    any: fc.oneof(fc.constant(null), fc.nat(3), label, fc.array(fc.nat(2), { maxLength: 2 }), tie('map')),
    map: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor'), tie('any'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  })).map;
  fc.assert(
    fc.property(value, value, (base, patch) => {
      const merged = mergePatch(base, patch);
      assert.deepEqual(mergePatch(base, {}), base, 'an empty patch changes nothing');
      assert.deepEqual(mergePatch(merged, patch), merged, 'twice is once');
      assert.deepEqual(Object.getPrototypeOf(merged), Object.prototype);
      expectPatched(base, patch, merged);
    }),
    { numRuns: 500 },
  );
});

test('a key named __proto__ is a key like any other', () => {
  const merged = mergePatch(JSON.parse('{"__proto__": {"a": 1}}'), JSON.parse('{"__proto__": {"b": 2}}'));
  assert.equal(JSON.stringify(merged), '{"__proto__":{"a":1,"b":2}}');
  assert.equal(Object.getPrototypeOf(merged), Object.prototype);
});

function expectPatched(base: unknown, patch: JsonMap, merged: unknown): void {
  const own = (map: unknown, key: string) =>
    typeof map === 'object' && map !== null && !Array.isArray(map) && Object.hasOwn(map, key)
      ? Object.getOwnPropertyDescriptor(map, key)?.value
      : undefined;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) assert.equal(own(merged, key), undefined);
    else if (typeof value === 'object' && !Array.isArray(value))
      expectPatched(own(base, key), value as JsonMap, own(merged, key));
    else assert.deepEqual(own(merged, key), value);
  }
}

function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapTexts(each, change)]));
}

function textPaths(value: unknown, at: PlanPath): readonly PlanPath[] {
  if (typeof value === 'string') return [at];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    textPaths(inner, [...at, Array.isArray(value) ? Number(key) : key]),
  );
}

test('broken files give findings with places in them, whatever they hold', () => {
  const damage = fc.array(
    fc.tuple(
      fc.nat(5),
      fc.nat(400),
      fc.nat(12),
      fc.constantFrom('', ': ', '[', '}', '\t', 'null', '- ', '&a *a ', '${var:'),
    ),
    { minLength: 1, maxLength: 6 },
  );
  const profiles = {
    p: { metadata: { id: otherId }, systems: { s0: null, s1: { owner: 'zoe' } }, tiers: null },
  };
  fc.assert(
    fc.property(plan, split, damage, fc.boolean(), (whole, how, damages, usesProfile) => {
      const { files } = parseSplit({ ...whole, profiles, variables: { x: 'y' } }, how);
      const texts = files.map(({ fileName, text }) => [fileName, text] as [string, string]);
      for (const [file, at, length, insert] of damages) {
        const target = texts[file % texts.length];
        if (target !== undefined) target[1] = target[1].slice(0, at) + insert + target[1].slice(at + length);
      }
      const [[, main] = ['', ''], ...included] = texts;
      const options = { files: new Map(included), ...(usesProfile ? { profile: 'p' } : {}) };
      const parsed = parsePlan(main, 'lifeboat.yaml', options);
      const lines = new Map(texts.map(([fileName, text]) => [fileName, text.split('\n').length]));
      for (const { file = 'lifeboat.yaml', line, column, message } of lintPlan(parsed, {})) {
        const last = lines.get(file);
        assert.ok(last !== undefined, `${message} in ${file}`);
        assert.ok(line >= 1 && line <= last + 1 && column >= 1, `${message} at ${file}:${line}:${column}`);
      }
      const errors = parsed.findings.some(({ severity }) => severity === 'error');
      assert.equal(parsed.plan === undefined, errors);
    }),
    { numRuns: 300 },
  );
});
