import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { processorMs } from '../../test/support/processor-ms.ts';
import { editPlan, planEditSplicer } from './edit-plan.ts';
import { editData, unshared } from './edit-plan-data.ts';
import type { PlanEdit, PlanValue } from './plan-edit.ts';
import type { PlanPath } from './plan-path.ts';

const root = path.resolve(import.meta.dirname, '../..');

function edited(text: string, ...edits: readonly PlanEdit[]): string {
  const result = editPlan(text, edits);
  assert.ok('text' in result, 'problem' in result ? result.problem : '');
  return result.text;
}

function problemOf(text: string, ...edits: readonly PlanEdit[]): string {
  const result = editPlan(text, edits);
  assert.ok('problem' in result, 'it was edited');
  return result.problem;
}

const commented = `# a plan

systems:

  # the shop
  db:   # keep
    schedule:   "hourly"   # as agreed
    objectives: { rpo: 1 h,  rto: '2 h' }
    checks:
    - integrity # first

    - kind: sql # second
      query: >
        select 1
        from orders

  # the rest
  uploads:
    schedule: daily at 02:00
    vaults: []
    notes: |
      one
      two
    checks: [ files ,  integrity ]
`;

const cases: readonly (readonly [string, PlanEdit, string, string])[] = [
  [
    'a quoted value keeps its quotes and its comment',
    { kind: 'set', at: ['systems', 'db', 'schedule'], value: 'every 15 min' },
    '    schedule:   "hourly"   # as agreed\n',
    '    schedule:   "every 15 min"   # as agreed\n',
  ],
  [
    'a value between brackets',
    { kind: 'set', at: ['systems', 'db', 'objectives', 'rto'], value: "1 h, it's agreed" },
    "{ rpo: 1 h,  rto: '2 h' }",
    "{ rpo: 1 h,  rto: '1 h, it''s agreed' }",
  ],
  [
    'a text of several lines becomes one value',
    { kind: 'set', at: ['systems', 'uploads', 'notes'], value: 'none' },
    '    notes: |\n      one\n      two\n',
    '    notes: none\n',
  ],
  [
    'a list on lines becomes a list on one',
    { kind: 'set', at: ['systems', 'db', 'checks'], value: ['files'] },
    '    checks:\n    - integrity # first\n\n    - kind: sql # second\n      query: >\n        select 1\n        from orders\n',
    '    checks: [files]\n',
  ],
  [
    'a new key goes below the last one, with its indentation',
    { kind: 'set', at: ['systems', 'uploads', 'owner'], value: 'Jane: Doe' },
    '    checks: [ files ,  integrity ]\n',
    '    checks: [ files ,  integrity ]\n    owner: "Jane: Doe"\n',
  ],
  [
    'a new key between brackets',
    { kind: 'set', at: ['systems', 'db', 'objectives', 'proof_age'], value: '7 days' },
    "rto: '2 h' }",
    "rto: '2 h', proof_age: 7 days }",
  ],
  [
    'missing maps are made',
    { kind: 'set', at: ['systems', 'uploads', 'objectives', 'rpo'], value: '1 h' },
    '    checks: [ files ,  integrity ]\n',
    '    checks: [ files ,  integrity ]\n    objectives: { rpo: 1 h }\n',
  ],
  [
    'a new key below a text of several lines',
    { kind: 'set', at: ['systems', 'db', 'checks', 1, 'expect'], value: 1 },
    '        from orders\n',
    '        from orders\n      expect: 1\n',
  ],
  [
    'an item at the end of a list on lines',
    { kind: 'append', at: ['systems', 'db', 'checks'], value: { kind: 'command', run: ['a', '{b}'] } },
    '        from orders\n',
    '        from orders\n    - { kind: command, run: [a, "{b}"] }\n',
  ],
  [
    'an item at the end of a list in brackets',
    { kind: 'append', at: ['systems', 'uploads', 'checks'], value: 'foreign_keys' },
    '[ files ,  integrity ]',
    '[ files ,  integrity, foreign_keys ]',
  ],
  [
    'the first item of a list',
    { kind: 'append', at: ['systems', 'uploads', 'vaults'], value: 'here' },
    'vaults: []',
    'vaults: [here]',
  ],
  [
    'another name for a key',
    { kind: 'rename', at: ['systems', 'db'], to: 'orders-db' },
    '  db:   # keep',
    '  orders-db:   # keep',
  ],
  [
    'a key goes with its line and the comment on it',
    { kind: 'remove', at: ['systems', 'db', 'schedule'] },
    '    schedule:   "hourly"   # as agreed\n',
    '',
  ],
  [
    'an item goes with its line',
    { kind: 'remove', at: ['systems', 'db', 'checks', 0] },
    '    - integrity # first\n',
    '',
  ],
  [
    'a whole system goes',
    { kind: 'remove', at: ['systems', 'uploads'] },
    commented.slice(commented.indexOf('  uploads:')),
    '',
  ],
  [
    'the first of brackets',
    { kind: 'remove', at: ['systems', 'db', 'objectives', 'rpo'] },
    'rpo: 1 h,  ',
    '',
  ],
  [
    'the last of brackets',
    { kind: 'remove', at: ['systems', 'db', 'objectives', 'rto'] },
    "1 h,  rto: '2 h' }",
    '1 h }',
  ],
];

for (const [name, edit, before, after] of cases) {
  test(`an edit changes only what it must: ${name}`, () => {
    assert.ok(commented.split(before).length === 2, 'the old text is there once');
    assert.equal(
      edited(commented, edit),
      commented.replace(before, () => after),
    );
    const windows = commented.replaceAll('\n', '\r\n');
    assert.equal(edited(windows, edit), commented.replace(before, () => after).replaceAll('\n', '\r\n'));
  });
}

test('values that are not there yet', () => {
  const set = (at: PlanPath, value: PlanValue): PlanEdit => ({ kind: 'set', at, value });
  assert.equal(edited('a: # why\nb: 1\n', set(['a'], 'x')), 'a: x # why\nb: 1\n');
  assert.equal(edited('a:\nb: 1\n', set(['a', 'c'], 2)), 'a: { c: 2 }\nb: 1\n');
  assert.equal(edited('a: {}\n', set(['a', 'c'], 2)), 'a: { c: 2 }\n');
  assert.equal(edited('a: 1', set(['b'], 2)), 'a: 1\nb: 2');
  assert.equal(edited('a: 1', { kind: 'append', at: ['b'], value: 2 }), 'a: 1\nb: [2]');
  assert.equal(edited('a: 1\nb: 2', { kind: 'remove', at: ['b'] }), 'a: 1');
  assert.equal(edited('a:\n  - 1 # one\n', { kind: 'remove', at: ['a', 0] }), 'a: [] # one\n');
  assert.equal(edited('\ufeffa: 1\n', set(['a'], 2)), '\ufeffa: 2\n');
  assert.equal(edited('a: {}\n', set(['a', '__proto__'], 1)), 'a: { __proto__: 1 }\n');
  assert.equal(edited('- - 1\n  - 2\n', { kind: 'remove', at: [0, 1] }), '- - 1\n');
});

test('text that YAML could take for something else is quoted, in either place', () => {
  const texts = [
    'true',
    '12',
    'null',
    '~',
    '',
    ' a',
    '# a',
    'a: b',
    '- a',
    '*a',
    '&a',
    '!a',
    '{',
    '[a]',
    'a, b',
  ];
  const worse = [
    '1e3',
    '0x10',
    "it's",
    '"a"',
    'a\nb',
    'a\tb',
    '\u0085',
    '@a',
    '`a`',
    '%a',
    '---',
    'a #b',
    '<<',
  ];
  for (const value of [...texts, ...worse]) {
    for (const text of ['a: old\n', 'a: "old"\n', "a: 'old'\n", 'a: { b: 1 }\n']) {
      assert.deepEqual(parse(edited(text, { kind: 'set', at: ['a'], value })), { a: value });
    }
    const inside = edited('a: [1, 2]\n', { kind: 'set', at: ['a', 0], value });
    assert.deepEqual(parse(inside), { a: [value, 2] });
    assert.deepEqual(parse(edited('a: 1\n', { kind: 'rename', at: ['a'], to: value })), { [value]: 1 });
  }
});

test('several edits are done one after the other', () => {
  const text = edited(
    commented,
    { kind: 'append', at: ['systems', 'uploads', 'checks'], value: 'x' },
    { kind: 'append', at: ['systems', 'uploads', 'checks'], value: 'y' },
    { kind: 'remove', at: ['systems', 'uploads', 'checks', 0] },
    { kind: 'set', at: ['systems', 'db', 'a'], value: 1 },
    { kind: 'set', at: ['systems', 'db', 'b'], value: 2 },
    { kind: 'rename', at: ['systems', 'db'], to: 'orders' },
  );
  const { systems } = parse(text);
  assert.deepEqual(systems.uploads.checks, ['integrity', 'x', 'y']);
  assert.deepEqual([systems.orders.a, systems.orders.b, systems.db], [1, 2, undefined]);
  assert.ok(text.includes('# as agreed') && text.includes('# the rest') && text.includes("rto: '2 h' }"));
});

test('what cannot be edited alone is refused, and nothing is changed', () => {
  const shared = 'a: &x { b: 1 }\nc: *x\n';
  assert.match(problemOf(shared, { kind: 'set', at: ['a', 'b'], value: 2 }), /a\.b cannot be changed/);
  assert.match(problemOf(shared, { kind: 'set', at: ['c', 'b'], value: 2 }), /c\.b cannot be changed/);
  assert.deepEqual(parse(edited(shared, { kind: 'set', at: ['c'], value: 2 })), { a: { b: 1 }, c: 2 });
  assert.match(problemOf('a: [1\n', { kind: 'set', at: ['a'], value: 2 }), /cannot be read/);
  assert.match(problemOf('a: 1\na: 2\n', { kind: 'set', at: ['a'], value: 3 }), /cannot be changed/);
  assert.match(problemOf('a: 1\n', { kind: 'remove', at: ['b'] }), /there is no b/);
  assert.match(problemOf('a: 1\nb: 2\n', { kind: 'rename', at: ['a'], to: 'b' }), /b is there already/);
  assert.match(problemOf('a: secret\n', { kind: 'append', at: ['a'], value: 1 }), /^a is not a list$/);
  assert.match(
    problemOf('a: secret\n', { kind: 'set', at: ['a', 'b'], value: 1 }),
    /^a holds nothing further$/,
  );
  assert.match(problemOf('a: [1]\n', { kind: 'rename', at: ['a', 0], to: 'x' }), /has no name/);
  assert.match(problemOf('a: 1\n', { kind: 'remove', at: [] }), /whole plan/);
});

/** Every place of the data with what stands there. */
function placesOf(
  value: unknown,
  at: PlanPath = [],
): readonly { readonly at: PlanPath; readonly value: PlanValue }[] {
  const children = Array.isArray(value)
    ? value.flatMap((item, index) => placesOf(item, [...at, index]))
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, item]) => placesOf(item, [...at, key]))
      : [];
  return at.length === 0 ? children : [{ at, value: JSON.parse(JSON.stringify(value)) }, ...children];
}

const examples = fs
  .globSync('{examples,src/plan/golden}/**/*.yaml', { cwd: root })
  .map((name) => [name, fs.readFileSync(path.join(root, name), 'utf8')] as const)
  .filter(([, text]) => 'text' in editPlan(text, []) && typeof readData(text) === 'object');

function readData(text: string): unknown {
  try {
    return unshared(parse(text, { maxAliasCount: 100 }));
  } catch {
    return undefined;
  }
}

assert.ok(examples.length > 1);
for (const [name, text] of examples) {
  test(`in ${name}, an edit of any value leaves all other lines as they are`, () => {
    const places = placesOf(readData(text));
    assert.ok(places.length > 0);
    assert.equal(
      edited(text, ...places.map(({ at, value }): PlanEdit => ({ kind: 'set', at, value }))),
      text,
    );
    const step = Math.ceil(places.length / 60);
    const scalars = places.filter(({ value }, index) => index % step === 0 && typeof value !== 'object');
    for (const { at } of scalars) {
      changesOneStretch(text, { kind: 'set', at, value: 'changed' });
      changesOneStretch(text, { kind: 'remove', at });
    }
  });
}

function changesOneStretch(text: string, edit: PlanEdit): void {
  const result = editPlan(text, [edit]);
  // what an alias repeats cannot be changed at one place alone
  if ('problem' in result) {
    assert.match(text, /[:-] &[\w-]+[ \n]/, result.problem);
    return;
  }
  assert.ok(alienLines(text, result.text) <= 1, edit.at.join('.'));
  const splice = planEditSplicer(text)(edit);
  const isOnOneLine = splice !== undefined && !text.slice(splice.from, splice.to).includes('\n');
  if (isOnOneLine) assert.equal(result.text.split('\n').length, text.split('\n').length);
}

/** Lines of the new text that are neither those above the change nor those below it. */
function alienLines(before: string, after: string): number {
  const [old, young] = [before.split('\n'), after.split('\n')];
  const above = young.findIndex((line, index) => line !== old[index]);
  if (above === -1) return 0;
  const below = young.toReversed().findIndex((line, index) => line !== old.at(-1 - index));
  return young.length - above - (below === -1 ? young.length : below);
}

const scalar = fc.oneof(fc.string({ maxLength: 12 }), fc.integer(), fc.boolean(), fc.constant(null));
const key = fc.oneof(fc.stringMatching(/^[a-z][a-z0-9_-]{0,5}$/), fc.string({ minLength: 1, maxLength: 5 }));
const value = fc.letrec<{ node: PlanValue }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(key, tie('node'), { maxKeys: 4 }),
  ),
})).node;
const plan = fc.dictionary(key, value, { minKeys: 1, maxKeys: 5 });
const layout = fc.record({
  collectionStyle: fc.constantFrom('any', 'flow', 'block'),
  defaultStringType: fc.constantFrom(
    'PLAIN',
    'QUOTE_DOUBLE',
    'QUOTE_SINGLE',
    'BLOCK_LITERAL',
    'BLOCK_FOLDED',
  ),
  indent: fc.constantFrom(2, 4),
  indentSeq: fc.boolean(),
} as const);

function anyEdit(data: unknown): fc.Arbitrary<PlanEdit> {
  const place = fc.constantFrom(...placesOf(data).map(({ at }) => at));
  return fc.oneof(
    fc.record({ kind: fc.constant('set' as const), at: place, value }),
    fc.record({
      kind: fc.constant('set' as const),
      at: place.chain((at) => key.map((last) => [...at, last])),
      value,
    }),
    fc.record({ kind: fc.constant('append' as const), at: place, value }),
    fc.record({ kind: fc.constant('remove' as const), at: place }),
    fc.record({ kind: fc.constant('rename' as const), at: place, to: key }),
  );
}

test('an edit followed by reading gives the data that it should, or is refused', () => {
  let done = 0;
  let refused = 0;
  fc.assert(
    fc.property(
      plan.chain((data) =>
        fc.tuple(fc.constant(data), layout, fc.array(anyEdit(data), { minLength: 1, maxLength: 4 })),
      ),
      ([data, style, edits]) => {
        const text = stringify(data, { ...style, lineWidth: 0, version: '1.2' });
        fc.pre('text' in editPlan(text, []));
        let expected: unknown = parse(text);
        for (const edit of edits) {
          const next = editData(expected, edit);
          if ('problem' in next) return;
          expected = next.value;
        }
        const result = editPlan(text, edits);
        if ('problem' in result) refused += 1;
        else {
          done += 1;
          assert.deepEqual(parse(result.text), expected);
        }
      },
    ),
    { numRuns: 1500 },
  );
  assert.ok(done > 300 && refused < done / 20, `${refused} of ${done} were refused`);
});

test('an edit that changes no value changes no byte', () => {
  fc.assert(
    fc.property(plan, layout, (data, style) => {
      const text = stringify(data, { ...style, lineWidth: 0, version: '1.2' });
      fc.pre('text' in editPlan(text, []));
      const places = placesOf(parse(text));
      assert.equal(
        edited(text, ...places.map(({ at, value }): PlanEdit => ({ kind: 'set', at, value }))),
        text,
      );
    }),
  );
});

test('one edit can be shown as a change of one stretch of text', () => {
  const splicer = planEditSplicer(commented);
  const splice = splicer({ kind: 'set', at: ['systems', 'db', 'schedule'], value: 'daily' });
  const from = commented.indexOf('"hourly"');
  assert.deepEqual(splice, { from, to: from + 8, text: '"daily"' });
  assert.equal(splicer({ kind: 'set', at: ['systems', 'db', 'schedule'], value: 'hourly' }), undefined);
  assert.equal(planEditSplicer('a: [')({ kind: 'set', at: ['a'], value: 1 }), undefined);
});

test('a thousand edits of a plan of a thousand systems take no time', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `system-${index}`);
  const text = `systems:\n${names.map((name) => `  ${name}:\n    schedule: hourly\n    owner: Jane\n`).join('')}`;
  const edits = names.map((name): PlanEdit => {
    return { kind: 'set', at: ['systems', name, 'schedule'], value: 'daily' };
  });
  let after = '';
  const tookMs = processorMs(() => {
    after = edited(text, ...edits);
  });
  assert.equal(after, text.replaceAll('hourly', 'daily'));
  assert.ok(tookMs < 5000, `${tookMs} ms`);
});
