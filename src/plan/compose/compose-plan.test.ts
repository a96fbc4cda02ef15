import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFinding } from '../format-finding.ts';
import { lintPlan } from '../lint/lint-plan.ts';
import { type ParsedPlan, parsePlan } from '../parse-plan.ts';
import { planHash } from '../plan-hash.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { composedText } from './composed-text.ts';
import type { IncludedText } from './included-text.ts';

const metadata = 'metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }';
const head = `version: 1\n${metadata}\n`;
const vaults = 'vaults: { here: { location: /a } }\n';
const otherId = '6f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11';

interface Setting {
  readonly files?: Readonly<Record<string, IncludedText>>;
  readonly profile?: string;
  readonly fileName?: string;
}

function parse(text: string, { files = {}, profile, fileName = 'lifeboat.yaml' }: Setting = {}): ParsedPlan {
  const options = { files: new Map(Object.entries(files)) };
  return parsePlan(text, fileName, profile === undefined ? options : { ...options, profile });
}

/** `file:line:column id`, of the errors and warnings; of the main file without its name. */
function faults(parsed: ParsedPlan): readonly string[] {
  return parsed.findings
    .filter(({ severity }) => severity !== 'info')
    .map(({ file = '', line, column, id }) => `${file}:${line}:${column} ${id}`);
}

function hashOf(parsed: ParsedPlan): string {
  assert.deepEqual(faults(parsed), []);
  assert.ok(parsed.plan !== undefined);
  return planHash(resolvePlan(parsed.plan));
}

test('blocks of included files are joined by name, also those of nested includes and of metadata', () => {
  const files = {
    'parts/vaults.yaml': 'vaults: { away: { location: /b } }\nmetadata: { organisation: Example }\n',
    'parts/systems.yaml': 'include: [./more/db.yaml]\nsystems: { api: {} }\n',
    'parts/more/db.yaml': 'systems: { db: {} }\n',
  };
  const text = `${head}include: [parts/vaults.yaml, ./parts/systems.yaml]\n${vaults}systems: { app: {} }\n`;
  const whole = `version: 1\n${metadata.replace(' }', ', organisation: Example }')}
vaults: { here: { location: /a }, away: { location: /b } }
systems: { app: {}, api: {}, db: {} }\n`;
  const parsed = parse(text, { files });
  assert.equal(hashOf(parsed), hashOf(parse(whole)));
  assert.deepEqual(
    parsed.files.map(({ fileName }) => fileName),
    ['lifeboat.yaml', 'parts/vaults.yaml', 'parts/systems.yaml', 'parts/more/db.yaml'],
  );
});

test('paths count from the file that includes; a file that is reached twice counts once', () => {
  const files = {
    '../shop/a.yaml': 'include: [b.yaml]\n',
    '../shop/b.yaml': 'systems: { db: {} }\n',
    '/etc/c.yaml': 'include: [../etc/d.yaml]\n',
    '/etc/d.yaml': 'systems: { api: {} }\n',
  };
  const text = `${head}${vaults}include: [./a.yaml, ./b.yaml, /etc/c.yaml]\n`;
  const parsed = parse(text, { files, fileName: '../shop/lifeboat.yaml' });
  assert.deepEqual(faults(parsed), []);
  assert.deepEqual(Object.keys(parsed.plan?.systems ?? {}), ['db', 'api']);
});

test('the same name in two files is told at both places', () => {
  const files = {
    'a.yaml': 'systems:\n  api: {}\n  db: {}\nobjectives: { rpo: 1 h }\n',
    'b.yaml': 'systems: { api: {} }\n',
  };
  const parsed = parse(
    `${head}${vaults}include: [a.yaml, b.yaml]\nobjectives: { rpo: 2 h }\nsystems: { db: {} }\n`,
    { files },
  );
  assert.deepEqual(faults(parsed), [
    'a.yaml:3:3 defined-twice',
    'a.yaml:4:15 defined-twice',
    'b.yaml:1:12 defined-twice',
  ]);
  assert.deepEqual(
    parsed.findings.map(({ related }) => [related?.file, related?.line]),
    [
      [undefined, 6],
      [undefined, 5],
      ['a.yaml', 2],
    ],
  );
  const [first] = parsed.findings;
  assert.ok(first !== undefined);
  const printed = formatFinding(first, parsed.fileName, parsed.text, parsed.files);
  assert.match(printed, /^a\.yaml:3:3: error: /);
  assert.match(printed, /\n {2}3 \| {3}db: \{\}\n/);
  assert.match(printed, /\n {2}lifeboat\.yaml:6:12: the first one is here$/);
  assert.equal(parsed.plan, undefined);
});

test('what only the main file may say is refused in others', () => {
  const files = { 'a.yaml': 'version: 1\nmetadata:\n  id: x\nsystems: { api: {} }\n' };
  const parsed = parse(`${head}${vaults}include: [a.yaml]\n`, { files });
  assert.deepEqual(faults(parsed), ['a.yaml:1:1 misplaced-key', 'a.yaml:3:3 misplaced-key']);
});

test('findings of the schema, the cross-check and the linter are in the file that has the value', () => {
  const files = {
    'a.yaml': '\nsystems:\n  db: { source: { kind: sqlite, path: ./a.db }, tiers: x }\n',
    'b.yaml': 'systems:\n  api:\n    depends_on: [dbb]\n',
  };
  const parsed = parse(`${head}${vaults}include:\n  - a.yaml\n  - b.yaml\n`, { files });
  assert.deepEqual(faults(parsed), ['a.yaml:3:49 unknown-key', 'b.yaml:3:18 unknown-reference']);
  const noCheck = lintPlan(parsed, {}).find(({ id }) => id === 'no-check');
  assert.equal(noCheck?.file, 'a.yaml');
});

test('a placeholder in an included file is found there', () => {
  const files = { 'a.yaml': 'systems:\n  db: { owner: Joan, objectives: { rpo: TODO } }\n' };
  const parsed = parse(`${head}${vaults}include: [a.yaml]\n`, { files });
  assert.deepEqual(
    parsed.findings.map(({ id, file, line, owes, path }) => [id, file, line, owes, path]),
    [['placeholder', 'a.yaml', 2, 'Joan', 'systems.db.objectives.rpo']],
  );
});

test('a file that cannot be read is an error at the line that includes it', () => {
  const text = `${head}${vaults}include:\n  - gone.yaml\n  - x.yaml\nsystems: {}\n`;
  for (const problem of ['missing', 'unreadable', 'not-a-file', 'not-utf8', 'too-large'] as const) {
    const parsed = parse(text, { files: { 'gone.yaml': { problem }, 'x.yaml': 'systems: {a: {}}' } });
    assert.deepEqual(faults(parsed), [`:5:5 include-${problem}`]);
    assert.match(parsed.findings[0]?.message ?? '', /gone\.yaml/);
    assert.deepEqual([parsed.plan, parsed.draft], [undefined, undefined]);
  }
  assert.deepEqual(faults(parse(text)), [':5:5 include-missing', ':6:5 include-missing']);
});

test('circles, deep and many includes are errors', () => {
  const circle = { 'a.yaml': 'include: [b.yaml]\n', 'b.yaml': 'include:\n  - ./lifeboat.yaml\n' };
  const parsed = parse(`${head}include: [a.yaml]\n`, { files: circle, fileName: './lifeboat.yaml' });
  assert.deepEqual(faults(parsed), ['b.yaml:2:5 include-cycle']);
  assert.match(parsed.findings[0]?.message ?? '', /lifeboat\.yaml → a\.yaml → b\.yaml → lifeboat\.yaml$/);
  assert.deepEqual(faults(parse(`${head}include: [lifeboat.yaml]\n`)), [':3:11 include-cycle']);

  const deep = Object.fromEntries(
    Array.from({ length: 9 }, (_, index) => [`${index}.yaml`, `include: [${index + 1}.yaml]\n`]),
  );
  assert.deepEqual(faults(parse(`${head}include: [0.yaml]\n`, { files: deep })), [
    '7.yaml:1:11 include-too-deep',
  ]);

  const names = Array.from({ length: 70 }, (_, index) => `${index}.yaml`);
  const many = Object.fromEntries(names.map((name, index) => [name, `systems: { s${index}: {} }\n`]));
  const list = `include:\n${names.map((name) => `  - ${name}\n`).join('')}`;
  assert.deepEqual(faults(parse(head + list, { files: many })), [':68:5 too-many-includes']);
});

test('the limits of a plan hold for all its files together', () => {
  const filler = `# ${'x'.repeat(1_100_000)}\n`;
  const files = { 'a.yaml': `systems: { a: {} }\n${filler}`, 'b.yaml': `systems: { b: {} }\n${filler}` };
  const parsed = parse(`${head}${vaults}include: [a.yaml, b.yaml]\n`, { files });
  assert.deepEqual(faults(parsed), [':4:19 include-too-large']);
  const words = `[${'a,'.repeat(120_000)}]`;
  const wordy = { 'a.yaml': `x: ${words}\n`, 'b.yaml': `y: ${words}\n` };
  const refused = parse(`${head}include: [a.yaml, b.yaml]\n`, { files: wordy });
  assert.deepEqual(
    refused.findings.map(({ id, file }) => [id, file]),
    [['too-large', 'b.yaml']],
  );
});

test('what is no part of a plan is told in its file', () => {
  const bad: readonly (readonly [string, string])[] = [
    ['', 'a.yaml:1:1 empty-plan'],
    ['# nothing\n', 'a.yaml:1:1 empty-plan'],
    ['- systems\n', 'a.yaml:1:1 wrong-type'],
    ['systems: {\n', 'a.yaml:2:1 yaml-syntax'],
    ['include: b.yaml\n', 'a.yaml:1:10 wrong-type'],
    ['include: [1]\n', 'a.yaml:1:10 wrong-type'],
    ['systems: { a: *b }\n', 'a.yaml:1:1 too-many-aliases'],
    ['systems: { a: {}, a: {} }\n', 'a.yaml:1:19 duplicate-key'],
    ['systems: [a]\n', 'a.yaml:1:1 defined-twice'],
    ['sytems: { a: {} }\n', 'a.yaml:1:1 unknown-key'],
  ];
  for (const [content, expected] of bad) {
    const parsed = parse(`${head}${vaults}include: [a.yaml]\nsystems: { app: {} }\n`, {
      files: { 'a.yaml': content },
    });
    assert.deepEqual(faults(parsed).slice(0, 1), [expected], content);
    assert.equal(parsed.plan, undefined);
  }
});

test('a block that is empty in one file is filled by another', () => {
  const files = { 'a.yaml': 'systems: { a: {} }\nvaults:\n' };
  const parsed = parse(`${head}${vaults}include: [a.yaml]\nsystems:\n`, { files });
  assert.deepEqual(faults(parsed), []);
  assert.deepEqual(Object.keys(parsed.plan?.systems ?? {}), ['a']);
});

const profiled = `${head}vaults: { here: { location: /a }, away: { location: /b } }
systems:
  db:
    vaults: [here, away]
    objectives: { rpo: 1 h, rto: 2 h }
  api: {}
profiles:
  staging:
    metadata: { id: ${otherId} }
    systems:
      db:
        vaults: [here]
        objectives: { rpo: 4 h }
      api: null
      extra: {}
  none: {}
`;

test('a profile joins maps, replaces lists and values, and null takes away', () => {
  const whole = `version: 1\n${metadata.replace('5f', '6f')}\nvaults: { here: { location: /a }, away: { location: /b } }
systems: { db: { vaults: [here], objectives: { rpo: 4 h, rto: 2 h } }, extra: {} }\n`;
  assert.equal(hashOf(parse(profiled, { profile: 'staging' })), hashOf(parse(whole)));
  assert.equal(hashOf(parse(profiled)), hashOf(parse(profiled, { profile: 'none' })));
  assert.notEqual(hashOf(parse(profiled)), hashOf(parse(whole)));
});

test('an unknown profile leaves nothing that could be used', () => {
  const parsed = parse(profiled, { profile: 'stagin' });
  assert.deepEqual([parsed.plan, parsed.draft], [undefined, undefined]);
  const [finding] = parsed.findings;
  assert.equal(finding?.id, 'unknown-profile');
  assert.equal(finding.line, 9);
  assert.equal(finding.expected, 'one of staging, none');
  assert.match(finding.suggestion ?? '', /"staging"/);
  assert.deepEqual(faults(parse(`${head}${vaults}systems: {}\n`, { profile: 'x' })), [
    ':1:1 unknown-profile',
  ]);
});

test('a profile that changes something has an id of its own', () => {
  const without = profiled.replace(/ {4}metadata: .*\n/, '');
  assert.deepEqual(faults(parse(without, { profile: 'staging' })), [':10:3 profile-id']);
  const [warning] = parse(without).findings;
  assert.deepEqual([warning?.id, warning?.severity], ['profile-id', 'warning']);
  const same = profiled.replace('6f0c', '5f0c');
  assert.deepEqual(faults(parse(same, { profile: 'staging' })), [':11:21 profile-id']);
  const shared = `${profiled}  test: { metadata: { id: ${otherId} } }\n`;
  assert.deepEqual(faults(parse(shared, { profile: 'test' })), [':11:21 profile-id', ':19:27 profile-id']);
});

test('a profile that only reaches the same vaults with other keys needs no id', () => {
  const keeper = (fields: string) => `${profiled}  keeper: { vaults: { away: { ${fields} } } }\n`;
  const credentials = 'credentials: "${env:KEEPER}"';
  assert.deepEqual(faults(parse(keeper(`append_only: false, ${credentials}`), { profile: 'keeper' })), []);
  assert.deepEqual(faults(parse(keeper('append_only: false'))), []);
  for (const fields of ['location: /c', `${credentials}, role: archive`])
    assert.deepEqual(faults(parse(keeper(fields), { profile: 'keeper' })), [':19:3 profile-id'], fields);
  const unknown = keeper('append_only: false').replace('{ away:', '{ third:');
  assert.ok(faults(parse(unknown, { profile: 'keeper' })).includes(':19:3 profile-id'));
});

test('findings in what a profile changes are in the profile, all others where the plan is', () => {
  const text = profiled
    .replace('rpo: 4 h', 'rpo: 4')
    .replace('extra: {}', 'extra: { tiers: x, depends_on: [y] }')
    .replace('rto: 2 h', 'rto: 2');
  assert.deepEqual(faults(parse(text, { profile: 'staging' })), [
    ':7:34 wrong-type',
    ':15:28 wrong-type',
    ':17:16 unknown-key',
    ':17:39 unknown-reference',
  ]);
  assert.deepEqual(faults(parse(text)), [':7:34 wrong-type']);
  const lint = lintPlan(parse(profiled, { profile: 'staging' }), {});
  assert.deepEqual(
    lint.filter(({ path }) => path === 'systems.db.objectives.rpo').map(({ line }) => line),
    lint.filter(({ path }) => path === 'systems.db.objectives.rpo').map(() => 15),
  );
});

test('placeholders count only where their value is in force', () => {
  const text = profiled
    .replace('rpo: 1 h', 'rpo: TODO')
    .replace('extra: {}', 'extra: { objectives: { rpo: TBD } }');
  const gaps = (parsed: ParsedPlan) =>
    parsed.findings.filter(({ id }) => id === 'placeholder').map(({ line, path }) => [line, path]);
  assert.deepEqual(gaps(parse(text)), [[7, 'systems.db.objectives.rpo']]);
  assert.deepEqual(gaps(parse(text, { profile: 'staging' })), [[17, 'systems.extra.objectives.rpo']]);
});

test('version, includes and profiles have no place in a profile', () => {
  const text = `${profiled}  odd:\n    version: 2\n    include: [x]\n    profiles: {}\n`;
  assert.deepEqual(faults(parse(text, { profile: 'odd' })), [
    ':20:5 misplaced-key',
    ':21:5 misplaced-key',
    ':22:5 misplaced-key',
  ]);
});

test('a profile may stand in an included file', () => {
  const files = {
    'p.yaml': `profiles:\n  test: { metadata: { id: ${otherId.replace('6f', '7f')} }, objectives: { rpo: 3 } }\n`,
  };
  const text = profiled.replace('vaults:', 'include: [p.yaml]\nvaults:');
  assert.deepEqual(faults(parse(text, { files, profile: 'test' })), ['p.yaml:2:86 wrong-type']);
  assert.deepEqual(faults(parse(text, { files, profile: 'staging' })), []);
});

test('variables stand in any text of a value and keep their type', () => {
  const text = `${head}variables: { place: /srv, on: true, pause: 5, zone: UTC }
vaults: { here: { location: "\${var:place}/a-\${var:pause}-\${var:on}", off_site: "\${var:on}" } }
systems: { db: { schedule: "daily at 02:00 \${var:zone}" } }
`;
  const whole = `${head}vaults: { here: { location: /srv/a-5-true, off_site: true } }
systems: { db: { schedule: daily at 02:00 UTC } }\n`;
  assert.equal(hashOf(parse(text)), hashOf(parse(whole)));
  assert.deepEqual(parse(text).findings, []);
});

test('references to secrets and parameters of shells are no variables', () => {
  const command = 'pg_dump ${var:-x} ${var:0:3} $var ${HOME}';
  const text = `${head}variables: { key: here }
vaults: { here: { location: /a, password: "\${file:/etc/keys/\${var:key}}" } }
systems:
  db: { source: { kind: command, run: '${command}', file: shop.dump } }
`;
  const parsed = parse(text);
  assert.deepEqual(parsed.plan?.vaults['here']?.password, { kind: 'file', path: '/etc/keys/here' });
  assert.deepEqual(
    parsed.findings.filter(({ id }) => id.includes('variable')),
    [],
  );
  assert.ok(JSON.stringify(parsed.composed).includes(command));
});

test('an unknown variable is told at the reference, and what is wrong because of it is not', () => {
  const text = `${head}variables: { region: eu }
vaults: { here: { location: "/\${var:region}/\${var:regoin}" } }
systems: { db: { objectives: { rpo: "\${var:rpo}" } } }
`;
  const parsed = parse(text);
  assert.deepEqual(faults(parsed), [':4:45 unknown-variable', ':5:38 unknown-variable']);
  assert.equal(parsed.findings[0]?.length, '${var:regoin}'.length);
  assert.equal(parsed.findings[0].suggestion, 'did you mean "region"?');
  assert.equal(parsed.findings[1]?.expected, 'one of region');
  assert.deepEqual(faults(parse(`${head}${vaults}systems: { a: { description: "\${var:x}" } }`)), [
    ':4:31 unknown-variable',
  ]);
});

test('a wrong value that comes from a variable is told with the variable', () => {
  const text = `${head}${vaults}variables:\n  rpo: often\nsystems: { db: { objectives: { rpo: "\${var:rpo}" } } }\n`;
  const [finding] = parse(text).findings;
  assert.deepEqual([finding?.line, finding?.related?.line], [6, 5]);
});

test('variables do not refer to variables, and gaps in them are told once', () => {
  const use = 'systems: { a: { description: "${var:a}", objectives: { rpo: "${var:b}" } } }\n';
  const text = `${head}${vaults}variables:\n  a: "\${var:b}"\n  b: TODO\n${use}`;
  assert.deepEqual(faults(parse(text)), [':5:6 nested-variable', ':6:6 placeholder']);
});

test('a variable that nothing refers to is a note; another profile or file may use it', () => {
  const files = {
    'a.yaml': 'variables: { rest: 1 h }\nsystems: { a: { objectives: { rpo: "${var:used}" } } }\n',
  };
  const text = `${head}${vaults}include: [a.yaml]
variables: { used: 1 h, spare: 2, staged: x }
profiles: { p: { metadata: { id: ${otherId} }, systems: { a: { description: "\${var:staged}" } } } }
`;
  const notes = parse(text, { files }).findings;
  assert.deepEqual(
    notes.map(({ id, severity, file, line, path }) => [id, severity, file, line, path]),
    [
      ['unused-variable', 'info', undefined, 5, 'variables.spare'],
      ['unused-variable', 'info', 'a.yaml', 1, 'variables.rest'],
    ],
  );
});

test('a profile may give a variable another value', () => {
  const text = `${head}${vaults}variables: { rpo: 1 h }
systems: { a: { objectives: { rpo: "\${var:rpo}" } } }
profiles: { p: { metadata: { id: ${otherId} }, variables: { rpo: 5 h } } }
`;
  const rpo = (profile?: string) => {
    const { plan } = parse(text, profile === undefined ? {} : { profile });
    assert.ok(plan !== undefined);
    return resolvePlan(plan).systems[0]?.objectives.rpo?.valueMs;
  };
  assert.deepEqual([rpo(), rpo('p')], [3_600_000, 18_000_000]);
});

test('variables cannot blow a plan up', () => {
  const value = 'x'.repeat(4_000);
  const systems = Array.from(
    { length: 1_000 },
    (_, index) => `  s${index}: { description: "\${var:big}" }\n`,
  );
  const parsed = parse(`${head}${vaults}variables: { big: ${value} }\nsystems:\n${systems.join('')}`);
  assert.deepEqual(faults(parsed), [':4:1 too-large']);
});

test('what is kept of a plan suffices alone', () => {
  const files = { 'a.yaml': 'systems: { b: { description: "a: #\\n- ${var:x}" } }\n' };
  const text = profiled.replace('vaults:', 'include: [a.yaml]\nvariables: { x: 007 }\nvaults:');
  const parsed = parse(text, { files, profile: 'staging' });
  const kept = composedText(parsed);
  assert.equal(kept.split('\n')[0], '# composed from lifeboat.yaml, a.yaml under the profile staging');
  assert.equal(hashOf(parse(kept)), hashOf(parsed));
  assert.equal(composedText(parse(profiled)), profiled);
});

test('a variable whose name is a parameter of the shell is refused', () => {
  const text = `${head}${vaults}variables: { 0x: a }\nsystems: { a: { description: "\${var:0x}" } }\n`;
  assert.deepEqual(faults(parse(text)), [':4:14 wrong-name']);
});

test('thousands of gaps, references and profiles are told in good time', () => {
  const many = (count: number, line: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => line(index)).join('');
  const texts = {
    gaps: `${vaults}systems: {}\nrelated_documents: [${many(100_000, () => 'TODO,')}]\n`,
    references: `${vaults}systems:\n${many(22_000, (index) => `  s${index}: { owner: "\${var:x}" }\n`)}`,
    profiles: `${vaults}systems: {}\nprofiles:\n${many(15_000, (index) => `  p${index}: { metadata: { id: ${index} } }\n`)}`,
  };
  for (const [name, text] of Object.entries(texts)) {
    const started = process.cpuUsage();
    const parsed = parse(head + text);
    const { user, system } = process.cpuUsage(started);
    assert.ok(user + system < 5_000_000, `${name}: took ${(user + system) / 1_000} ms`);
    assert.equal(parsed.plan, undefined);
    assert.ok(parsed.findings.length > 0 && parsed.findings.length <= 1_000, name);
  }
});

test('a file that is no YAML is shown with its line', () => {
  const parsed = parse(`${head}include: [a.yaml]\n`, { files: { 'a.yaml': 'systems:\n  a: ]\n' } });
  const [finding] = parsed.findings;
  assert.ok(finding !== undefined);
  const printed = formatFinding(finding, parsed.fileName, parsed.text, parsed.files);
  assert.match(printed, /^a\.yaml:2:6: error: /);
  assert.match(printed, /\n {2}2 \| {3}a: \]\n/);
});
