/** Whatever is done to a good plan, reading it ends soon, with findings that have a place, and never with an exception. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { comparePlans } from './diff/compare-plans.ts';
import { formatFinding } from './format-finding.ts';
import { lintPlan } from './lint/lint-plan.ts';
import { parsePlan } from './parse-plan.ts';
import { planBytesMax } from './read-yaml.ts';
import { resolvePlan } from './resolve-plan.ts';
import { normalisedPlan } from './show/normalised-plan.ts';
import { normalisedYaml } from './show/plan-yaml.ts';

const examples = path.resolve(import.meta.dirname, '../../examples');
const good = fs.readFileSync(path.join(examples, 'first-plan/lifeboat.yaml'), 'utf8');
/** Every plan of the examples, so that every block of the language is damaged. */
const plans = fs
  .readdirSync(examples, { recursive: true, encoding: 'utf8' })
  .filter((file) => path.basename(file) === 'lifeboat.yaml')
  .toSorted()
  .map((file) => fs.readFileSync(path.join(examples, file), 'utf8'));
/** Of processor time, so that a busy machine does not fail the test; where two cores share their units, work takes twice as much. */
const limitMs = 10_000;

type Random = () => number;
type Damage = (text: string, random: Random) => string;

const damages: Readonly<Record<string, Damage>> = {
  'a line is missing': (text, random) => editLine(text, random, () => []),
  'a line is there twice': (text, random) => editLine(text, random, (line) => [line, line]),
  'a tab in the indentation': (text, random) => editLine(text, random, (line) => [`\t${line}`]),
  'a line is indented more': (text, random) => editLine(text, random, (line) => [`   ${line}`]),
  'a value has another type': (text, random) =>
    editLine(text, random, (line) => [line.replace(/: .*$/, `: ${pick(wrongValues, random)}`)]),
  'a key is misspelt': (text, random) =>
    editLine(text, random, (line) => [line.replace(/(\w)(\w)(\w*):/, '$2$1$3:')]),
  'a key has no value': (text, random) => editLine(text, random, (line) => [line.replace(/:.*$/, ':')]),
  'a character that was not UTF-8': (text, random) => insertAt(text, random, '\uFFFD'),
  'a control character': (text, random) =>
    insertAt(text, random, pick(['\0', '\u0007', '\u2028', '\r'], random)),
  'a lone sign': (text, random) => insertAt(text, random, pick([...'{}[]:*&!|>%@`"\'#,?-'], random)),
  'the end is cut off': (text, random) => text.slice(0, Math.floor(random() * text.length)),
  'two lines change places': (text, random) => {
    const lines = text.split('\n');
    const at = Math.floor(random() * (lines.length - 1));
    return [...lines.slice(0, at), lines[at + 1], lines[at], ...lines.slice(at + 2)].join('\n');
  },
};

const wrongValues = [
  '12',
  '-1',
  '1e999',
  'true',
  'null',
  '[]',
  '{}',
  '[1, 2]',
  '{ a: b }',
  '""',
  '!!binary abc',
  '*x',
  '&x y',
  '0x1F',
  'TODO',
];

const seeds = Array.from({ length: 300 }, (_, index) => index + 1);

test('300 damaged variants of the plans of the examples are read, linted, shown and compared without an exception', () => {
  assert.ok(plans.length > 5, 'the examples are there');
  const names = Object.keys(damages);
  for (const seed of seeds) {
    const random = seeded(seed);
    const name = names[Math.floor(seed / plans.length) % names.length] ?? '';
    const rounds = 1 + Math.floor(random() * 3);
    let text = plans[seed % plans.length] ?? good;
    for (let round = 0; round < rounds; round += 1) text = damages[name]?.(text, random) ?? text;
    expectOrderly(text, `seed ${seed}: ${name}`);
  }
});

const hostile: Readonly<Record<string, string>> = {
  empty: '',
  'only a comment': '# nothing\n',
  'only spaces': ' \n \n',
  'a list': '- a\n- b\n',
  'one word': 'hello',
  'two documents': `${good}---\n${good}`,
  'a byte order mark': `\uFEFF${good.replace('version: 1', 'version: 2')}`,
  'deep brackets': `version: ${'['.repeat(200_000)}`,
  'deep maps in brackets': '{a: '.repeat(100_000),
  'deep lists': `version:\n  ${'- '.repeat(100_000)}x`,
  'deep blocks': Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
  'an alias bomb': aliasBomb(),
  'an alias of itself': 'version: &a [*a]\n',
  'an alias of itself below a key that nobody knows': `${good}other: &a [*a]\n`,
  'an alias of a map that it stands in': `${good}on_failure: &a { command: *a }\n`,
  'an alias that points nowhere': `${good}on_failure: *nowhere\n`,
  'many keys': Array.from({ length: 60_000 }, (_, index) => `key${index}: 1`).join('\n'),
  'many systems': `${good.split('systems:')[0]}systems:\n${'  a: {}\n'.repeat(50_000)}`,
  'many words': `version: [${'a,'.repeat(500_000)}]`,
  'a key named __proto__': good
    .replace('orders-db:', '__proto__:')
    .replace('name: Shop', '__proto__: { owner: x }'),
  'a name __proto__, which nothing refers to': `${good}sites:\n  __proto__: { role: primary }\n`,
  'a key that is a map': '? { a: b }\n: c\n? [x, y]\n: z\n',
  'lone surrogates': good.replace('Jane Doe', '"\\ud800"'),
};

for (const [name, text] of Object.entries(hostile)) {
  test(`a hostile file is refused in good time: ${name}`, () => {
    expectOrderly(text, name);
    assert.equal(parsePlan(text, 'p').plan, undefined);
  });
}

test('a file just below the limit is read, and one just above is refused before it is parsed', () => {
  const filler = `# ${'x'.repeat(97)}\n`;
  const below = good + filler.repeat(Math.floor((planBytesMax - Buffer.byteLength(good)) / filler.length));
  assert.deepEqual(expectOrderly(below, 'below'), []);
  const above = below + filler + filler;
  assert.deepEqual(expectOrderly(above, 'above'), ['too-large']);
});

test('a plan of 2,000 systems is read and linted in good time', () => {
  const head = good.split('systems:')[0] ?? '';
  const block = (index: number): string =>
    `  system-${index}:\n    tier: critical\n    depends_on: [system-${Math.floor(index / 2)}, system-0]\n` +
    `    source: { kind: sqlite, path: ./data/${index}.db }\n    schedule: hourly\n    checks: [integrity]\n`;
  const systems = Array.from({ length: 2_000 }, (_, index) => block(index + 1)).join('');
  const root = '  system-0: { tier: critical }\n';
  assert.deepEqual(expectOrderly(`${head}systems:\n${root}${systems}`, '2,000 systems'), []);
});

/** Reads, lints and prints; gives the ids of the errors. */
function expectOrderly(text: string, name: string): readonly string[] {
  const started = process.cpuUsage();
  const parsed = parsePlan(text, 'lifeboat.yaml');
  const findings = lintPlan(parsed, {});
  const printed = findings.slice(0, 50).map((finding) => formatFinding(finding, parsed.fileName, text));
  if (parsed.draft !== undefined) {
    const { plan } = parsed.draft;
    const resolved = resolvePlan(plan);
    normalisedYaml(normalisedPlan(plan, resolved), []);
    assert.deepEqual(comparePlans({ plan, resolved }, { plan, resolved }), [], name);
  }
  const { user, system } = process.cpuUsage(started);
  const tookMs = (user + system) / 1_000;
  assert.ok(tookMs < limitMs, `${name}: took ${tookMs} ms`);
  assert.ok(
    printed.every((each) => each.startsWith('lifeboat.yaml:')),
    name,
  );
  const lines = text.split('\n').length;
  for (const { line, column, length, message } of findings) {
    assert.ok(
      line >= 1 && line <= lines + 1 && column >= 1 && length >= 1,
      `${name}: ${message} at ${line}:${column}`,
    );
  }
  assert.equal(
    parsed.plan === undefined,
    parsed.findings.some((finding) => finding.severity === 'error'),
    name,
  );
  return parsed.findings.filter((finding) => finding.severity === 'error').map((finding) => finding.id);
}

function editLine(text: string, random: Random, edit: (line: string) => readonly string[]): string {
  const lines = text.split('\n');
  const at = Math.floor(random() * lines.length);
  return [...lines.slice(0, at), ...edit(lines[at] ?? ''), ...lines.slice(at + 1)].join('\n');
}

function insertAt(text: string, random: Random, what: string): string {
  const at = Math.floor(random() * text.length);
  return text.slice(0, at) + what + text.slice(at);
}

function pick<T>(values: readonly T[], random: Random): T {
  const value = values[Math.floor(random() * values.length)];
  assert.ok(value !== undefined);
  return value;
}

function aliasBomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const inner = level === 0 ? '"lol"' : `*l${level - 1}`;
    return `l${level}: &l${level} [${Array.from({ length: 9 }, () => inner).join(', ')}]`;
  });
  return `${levels.join('\n')}\nversion: *l8\n`;
}

/** mulberry32: small, and the same on every machine. */
function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
