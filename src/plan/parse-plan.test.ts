import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { lintPlan } from './lint/lint-plan.ts';
import type { PlanFacts } from './lint/plan-facts.ts';
import { explainRule, findRules, lintRules } from './lint/rules.ts';
import { parsePlan } from './parse-plan.ts';
import { planJsonSchema } from './plan-json-schema.ts';
import { resolvePlan } from './resolve-plan.ts';
import type { ResolvedPlan } from './resolved-plan.ts';

const root = path.resolve(import.meta.dirname, '../..');
const example = fs.readFileSync(path.join(root, 'examples/first-plan/lifeboat.yaml'), 'utf8');

const head = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: /a }, away: { location: /b } }
objectives: { rpo: 3 h, rto: 1 h }
`;

test('the first plan of the examples has nothing but notes', () => {
  const parsed = parsePlan(example, 'lifeboat.yaml');
  const worse = lintPlan(parsed, {}).filter((finding) => finding.severity !== 'info');
  assert.deepEqual(worse, []);
  assert.ok(parsed.plan !== undefined);
});

test('the published schema is fresh', () => {
  const published = fs.readFileSync(path.join(root, 'lifeboat.schema.json'), 'utf8');
  assert.equal(published, planJsonSchema(), 'run "npm run generate"');
});

test('defaults are filled in', () => {
  const plan = resolved(
    `${head}systems: { db: { source: { kind: sqlite, path: x.db }, checks: [integrity] } }`,
  );
  const [system] = plan.systems;
  assert.deepEqual(system?.source, { kind: 'sqlite', path: 'x.db', maxWriterPauseMs: 5_000, counts: 'all' });
  assert.deepEqual(system?.vaults, ['here', 'away']);
  assert.deepEqual(system?.objectives.proofAge, {
    valueMs: 604_800_000,
    from: { kind: 'default', path: [] },
  });
  assert.equal(system?.owner, 'Jane');
  assert.equal(system?.canary, undefined);
  assert.equal(plan.metadata.timeZone, 'UTC');
});

test('objectives come from the system, then its strictest data class, then its tier, then the plan', () => {
  const plan = resolved(`${head}
tiers: { high: { rpo: 1 h, rto: 30 min } }
data_classes: { orders: { rpo: 20 min }, users: { rpo: 10 min } }
systems:
  own: { tier: high, data_classes: [orders], objectives: { rpo: 5 min } }
  classed: { tier: high, data_classes: [orders, users] }
  tiered: { tier: high }
  plain: {}
`);
  const origins = plan.systems.map(({ objectives: { rpo } }) => [rpo?.valueMs, rpo?.from.path.join('.')]);
  assert.deepEqual(origins, [
    [300_000, 'systems.own.objectives.rpo'],
    [600_000, 'data_classes.users.rpo'],
    [3_600_000, 'tiers.high.rpo'],
    [10_800_000, 'objectives.rpo'],
  ]);
});

test('a byte order mark at the start changes nothing', () => {
  const marked = parsePlan(`\uFEFF${example}`, 'p');
  assert.deepEqual(marked.findings, []);
  assert.deepEqual(marked.plan, parsePlan(example, 'p').plan);
});

test('the zone of a plan is a city or UTC, because abbreviations mean several', () => {
  const ids = (zone: string) =>
    parsePlan(
      `${head.replace('owner: Jane', `owner: Jane, time_zone: ${zone}`)}systems: { a: {} }`,
      'p',
    ).findings.map((finding) => finding.path);
  assert.deepEqual(ids('Europe/Berlin'), []);
  assert.deepEqual(ids('CET'), ['metadata.time_zone']);
});

test('checks of the same content get names of their own', () => {
  const check = '{ kind: sql, query: select 1, expect: 1 }';
  const plan = resolved(
    `${head}systems: { db: { source: { kind: sqlite, path: x }, checks: [${check}, ${check}] } }`,
  );
  assert.deepEqual(
    plan.systems[0]?.checks.map(({ name }) => name),
    ['select 1', 'select 1 (2)'],
  );
});

test('a placeholder in any field forbids running, is owed by somebody, and hides nothing else', () => {
  const fields = [
    'rpo: TODO',
    'rto: "[Define specific time, e.g., 4 hours]"',
    'rto: [Define specific time, e.g., 4 hours]',
    'proof_age: <fill in>',
  ];
  for (const field of fields) {
    const text = `${head}systems: { db: { owner: Joan, source: { kind: sqlite, path: x }, objectives: { ${field} }, schedule: daily } }`;
    const parsed = parsePlan(text, 'p');
    const gaps = parsed.findings.filter((finding) => finding.id === 'placeholder');
    assert.deepEqual(
      gaps.map(({ owes, severity }) => [owes, severity]),
      [['Joan', 'error']],
      field,
    );
    assert.equal(parsed.findings.length, 1, field);
    assert.equal(parsed.plan, undefined, field);
    assert.ok(
      lintPlan(parsed, {}).some((finding) => finding.id === 'no-check'),
      field,
    );
  }
});

test('every field of the example accepts a placeholder', () => {
  const lines = example.split('\n');
  const fields = lines.flatMap((line, index) => (/^\s+[\w-]+: [^#{[]/.test(line) ? [index] : []));
  assert.ok(fields.length > 20);
  for (const index of fields) {
    const changed = lines.with(index, (lines[index] ?? '').replace(/: .*$/, ': "[To be defined]"'));
    const { findings, draft } = parsePlan(changed.join('\n'), 'p');
    assert.deepEqual(
      findings.map((finding) => [finding.id, finding.line]),
      [['placeholder', index + 1]],
      lines[index],
    );
    assert.ok(draft !== undefined);
  }
});

interface RuleCase {
  readonly rule: string;
  readonly facts?: PlanFacts;
  /** Systems (or more) with the cause, and without it. */
  readonly with: string;
  readonly without: string;
}

const db = 'source: { kind: sqlite, path: x.db }, checks: [integrity]';
const command = (run: string): string =>
  `systems: { d: { schedule: hourly, checks: [files], source: { kind: command, file: d, run: ${run} } } }`;

const ruleCases: readonly RuleCase[] = [
  {
    rule: 'rpo-schedule',
    with: `systems: { db: { ${db}, schedule: every 4h } }`,
    without: `systems: { db: { ${db}, schedule: every 2h } }`,
  },
  {
    rule: 'rpo-schedule',
    facts: { captureDurationsMs: { db: 3_700_000 } },
    with: `systems: { db: { ${db}, schedule: every 2h } }`,
    without: `systems: { db: { ${db}, schedule: hourly } }`,
  },
  {
    rule: 'rpo-schedule',
    with: `systems: { db: { ${db}, schedule: continuous } }`,
    without: `systems: { db: { ${db}, schedule: [continuous, hourly] } }`,
  },
  {
    rule: 'zero-margin',
    with: `systems: { db: { ${db}, schedule: every 3h } }`,
    without: `systems: { db: { ${db}, schedule: hourly } }`,
  },
  {
    rule: 'rto-dependency',
    with: 'systems: { a: { depends_on: [b], objectives: { rto: 30 min } }, b: { depends_on: [c] }, c: {} }',
    without: 'systems: { a: { depends_on: [b] }, b: { depends_on: [c] }, c: { objectives: { rto: 5 min } } }',
  },
  {
    rule: 'second-vault',
    with: `systems: { db: { ${db}, schedule: hourly, tier: critical, vaults: [here] } }`,
    without: `systems: { db: { ${db}, schedule: hourly, tier: critical } }`,
  },
  {
    rule: 'same-disk',
    facts: { vaultDevices: { here: '1', away: '2' }, sourceDevices: { db: ['1', '3'] } },
    with: `systems: { db: { ${db}, schedule: hourly } }`,
    without: `systems: { db: { ${db}, schedule: hourly, vaults: [away] } }`,
  },
  {
    rule: 'no-check',
    with: 'systems: { db: { source: { kind: sqlite, path: x }, schedule: hourly } }',
    without: `systems: { db: { ${db}, schedule: hourly } }`,
  },
  {
    rule: 'retention-gap',
    with: `systems: { db: { ${db}, schedule: hourly, retention: { within: 30 min } } }`,
    without: `systems: { db: { ${db}, schedule: hourly, retention: { within: 30 min, last: 1 } } }`,
  },
  {
    rule: 'command-password',
    with: command('mysqldump -p$DB_PASSWORD shop'),
    without: command('mysqldump shop'),
  },
  {
    rule: 'command-password',
    with: command('[curl, --password, hunter2]'),
    without: command('[mkdir, -p, x]'),
  },
  {
    rule: 'pipe-status',
    with: command('pg_dump shop | gzip'),
    without: command(`pg_dump shop || echo 'a | b'`),
  },
  {
    rule: 'not-executed',
    with: `systems: { db: { ${db}, schedule: hourly, retention: { last: 1 }, objectives: { drill_age: 92 days } } }`,
    without: `systems: { db: { ${db}, schedule: hourly, retention: { last: 1 } } }`,
  },
];

for (const { rule, facts = {}, with: bad, without: good } of ruleCases) {
  test(`${rule} finds its cause and falls silent when the cause is gone: ${bad.slice(0, 60)}`, () => {
    assert.equal(hits(bad, rule, facts).length, 1);
    assert.deepEqual(hits(good, rule, facts), []);
  });
}

test('no-objective asks for what nobody has said', () => {
  const text = `${head.replace(/objectives.*\n/, '')}systems: { db: { ${db}, schedule: hourly } }`;
  const messages = lintPlan(parsePlan(text, 'p'), {}).map((finding) => finding.message);
  assert.deepEqual(messages, ['db has no RPO and no RTO']);
});

test('rules have unique ids, and are explained by id and by number', () => {
  assert.equal(new Set(lintRules.map((rule) => rule.id)).size, lintRules.length);
  assert.match(explainRule('t2') ?? '', /^rto-dependency \(T2[,)]/);
  assert.equal(findRules('T12').length, 4);
  assert.equal(explainRule('nothing'), undefined);
});

function hits(systems: string, rule: string, facts: PlanFacts): readonly string[] {
  const parsed = parsePlan(head + systems, 'p');
  assert.deepEqual(parsed.findings, []);
  return lintPlan(parsed, facts)
    .filter((finding) => finding.id === rule)
    .map((finding) => finding.message);
}

function resolved(text: string): ResolvedPlan {
  const { plan, findings } = parsePlan(text, 'p');
  assert.ok(plan !== undefined, JSON.stringify(findings));
  return resolvePlan(plan);
}

test('bytes that are not UTF-8 are an error at their place', () => {
  const bytes = Buffer.concat([
    Buffer.from(`${head}systems: { a: { owner: J`),
    Buffer.from([0xf6]),
    Buffer.from('rg } }\n'),
  ]);
  const parsed = parsePlan(bytes.toString('utf8'), 'p');
  assert.deepEqual(
    parsed.findings.map(({ id, line, column }) => [id, line, column]),
    [['not-utf8', 5, 25]],
  );
  assert.equal(parsed.plan, undefined);
});

test('a merge key, which YAML 1.2 does not have, is told with what to do instead', () => {
  const { findings } = parsePlan(
    'version: 1\ntiers: { a: &a { rto: 1 h }, b: { <<: *a } }\n',
    'lifeboat.yaml',
  );
  const found = findings.find(({ message }) => message === 'unknown key "<<"');
  assert.match(found?.suggestion ?? '', /^YAML 1\.2 has no merge keys/);
});
