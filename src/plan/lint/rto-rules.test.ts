/** Rules on how fast systems are back, and on objectives that stand in two places. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintHits, testCauses } from '../../../test/support/lint-hits.ts';
import type { PlanFacts } from './plan-facts.ts';

const vaults = 'vaults: { here: { location: ./here } }\n';
const estimates = 'estimates: { size: 200 GiB, restore_rate: 80 MB/s, start: 3 min }';
const chain = `${vaults}objectives: { rto: 1 h }
systems:
  db: { source: { kind: postgres, connection: {} }, ${estimates} }
  cache: { depends_on: [db] }
  api: { depends_on: [cache], estimates: { start: 20 min } }
`;

const minuteMs = 60_000;
const measured = (minutes: number) => ({ value: minutes * minuteMs, from: 'measured: 3 proofs' });
const restored: PlanFacts = {
  measured: { db: { restoreMedianMs: measured(40), restoreLastMs: measured(70) } },
};

testCauses([
  {
    name: 'the times along the chain are more than the RTO',
    rule: 'rto-path',
    severity: 'warning',
    path: 'systems.api.depends_on',
    plan: chain,
    cause: 'depends_on: [cache]',
    cure: 'depends_on: []',
    says: /^api is back after db 47 min 45 s \(200 GiB \(declared\) at 80 MB\/s \(declared\) = 44 min 45 s \+ 3 min start\) \+ api 20 min \(20 min start\) = 1 h 7 min 45 s, 7 min 45 s more than its RTO of 1 h$/,
  },
  {
    name: 'size and rate do not fit the RTO',
    rule: 'rto-restore-time',
    severity: 'warning',
    path: 'systems.db.estimates',
    plan: chain.replace('rto: 1 h', 'rto: 30 min'),
    cause: '80 MB/s',
    cure: '200 MB/s',
    says: /at 80 MB\/s \(declared\) = 44 min 45 s \+ 3 min start = 47 min 45 s, 17 min 45 s more than the RTO of 30 min$/,
  },
  {
    name: 'what was measured counts before what is declared, and the slower of two restores',
    rule: 'rto-restore-time',
    severity: 'error',
    facts: restored,
    plan: chain,
    cause: 'rto: 1 h',
    cure: 'rto: 2 h',
    says: /^db: 1 h 10 min restore \(measured\) \+ 3 min start = 1 h 13 min, 13 min more than the RTO of 1 h$/,
  },
  {
    name: 'a shorter RTO than that of what it depends on',
    rule: 'rto-dependency',
    severity: 'error',
    plan: `${vaults}systems:
  db: { objectives: { rto: 1 h } }
  cache: { depends_on: [db] }
  auth: { depends_on: [cache], objectives: { rto: 30 min } }
`,
    cause: 'db: { objectives: { rto: 1 h } }',
    cure: 'db: { objectives: { rto: 30 min } }',
    says: /^auth must be back in 30 min, but depends, through others, on db, which may take 1 h$/,
  },
  {
    name: 'a need of the recovery that runs on a slower system',
    rule: 'rto-dependency',
    plan: `${vaults}recovery_needs: { chat: { kind: chat, runs_on: [mattermost] } }
systems:
  mattermost: { objectives: { rto: 4 h } }
  auth: { needs: [chat], objectives: { rto: 30 min } }
`,
    cause: 'needs: [chat]',
    cure: 'needs: []',
    says: /^auth must be back in 30 min, but depends, through others, on mattermost, which may take 4 h$/,
  },
  {
    name: 'a data class that is laxer than the tier',
    rule: 'inherited-objective',
    severity: 'error',
    path: 'systems.db.data_classes',
    plan: `${vaults}tiers: { critical: { rto: 1 h } }
data_classes: { data: { rto: 24 h } }
systems:
  db: { tier: critical, data_classes: [data] }
`,
    cause: 'rto: 24 h',
    cure: 'rto: 1 h',
    says: /of the tier critical with an RTO of 1 h, but inherits 1 day from its data class data, 23 h more$/,
  },
  {
    name: 'outside of critical tiers it is a warning, and an own objective ends it',
    rule: 'inherited-objective',
    severity: 'warning',
    plan: `${vaults}tiers: { business: { rpo: 1 h } }
data_classes: { data: { rpo: 2 h } }
systems:
  db: { tier: business, data_classes: [data], description: x }
`,
    cause: 'description: x',
    cure: 'objectives: { rpo: 2 h }',
    says: /inherits 2 h from its data class data, 1 h more$/,
  },
  {
    name: 'a scenario that differs silently',
    rule: 'scenario-override',
    severity: 'error',
    path: 'scenarios.ransomware.objectives.rpo',
    plan: `${vaults}systems:
  db: { objectives: { rpo: 1 h } }
  archive: { objectives: { rpo: 24 h } }
scenarios: { ransomware: { kind: ransomware, objectives: { rpo: 12 h } } }
`,
    cause: 'rpo: 12 h',
    cure: 'rto: 12 h',
    says: /^ransomware has an RPO of 12 h, while that of db is 1 h: 11 h more, and so for 1 more, and nothing says which/,
  },
]);

const ransomware = `${vaults}objectives: { rto: 1 h }
systems: { db: {}, api: {} }
scenarios: { ransomware: { kind: ransomware, objectives: { rto: 4 h, override: points must be looked through } } }
`;

test('scenario-override: a reason makes a laxer objective a note, and a stricter one nothing', () => {
  const [note, ...others] = lintHits(ransomware, 'scenario-override');
  assert.deepEqual(others, []);
  assert.equal(note?.severity, 'info');
  assert.match(
    note?.message ?? '',
    /4 h, while that of db is 1 h: 3 h more, and so for 1 more; its override/,
  );
  assert.deepEqual(lintHits(ransomware.replace('rto: 4 h', 'rto: 5 min'), 'scenario-override'), []);
});

test('scenario-override: both lines are cited, and systems that are not struck do not count', () => {
  const plan = ransomware.replace(', override: points must be looked through', '');
  assert.equal(lintHits(plan, 'scenario-override')[0]?.related?.line, 4);
  const elsewhere = plan
    .replace('api: {}', 'api: { objectives: { rto: 4 h } }')
    .replace('kind: ransomware,', 'kind: ransomware, strikes: { systems: [api] },');
  assert.deepEqual(lintHits(elsewhere, 'scenario-override'), []);
});

test('rto-path: it is an error only when every restore of the chain was measured', () => {
  const plan = `${vaults}objectives: { rto: 1 h }
systems:
  db: { source: { kind: postgres, connection: {} } }
  api: { depends_on: [db], source: { kind: sqlite, path: ./api.db } }
`;
  const times = { db: { restoreLastMs: measured(50) }, api: { restoreLastMs: measured(20) } };
  const severity = (facts: PlanFacts) => lintHits(plan, 'rto-path', facts)[0]?.severity;
  assert.equal(severity({ measured: times }), 'error');
  const declared = plan.replace('path: ./api.db }', 'path: ./api.db }, estimates: { restore: 20 min }');
  assert.equal(lintHits(declared, 'rto-path', { measured: { db: times.db } })[0]?.severity, 'warning');
  assert.equal(severity({ measured: { db: times.db } }), undefined);
});

test('rto-path: of a long chain the last systems are spelled out, and the rest is one term', () => {
  const system = (index: number): string =>
    `  s${index}: { depends_on: [${index === 0 ? '' : `s${index - 1}`}], estimates: { start: 10 min } }\n`;
  const systems = Array.from({ length: 9 }, (_, index) => system(index)).join('');
  const found = lintHits(`${vaults}objectives: { rto: 80 min }\nsystems:\n${systems}`, 'rto-path');
  assert.equal(found.length, 1);
  assert.match(
    found[0]?.message ?? '',
    /^s8 is back after 3 others 30 min \+ s3 10 min .* = 1 h 30 min, 10 min more/,
  );
});

test('rto-restore-time: who has a running copy is not told to keep one', () => {
  const plan = chain.replace('rto: 1 h', 'rto: 30 min');
  const suggestion = (text: string) => lintHits(text, 'rto-restore-time')[0]?.suggestion ?? '';
  assert.match(suggestion(plan), /or keep a running copy$/);
  const copied = `sites: { east: { role: standby } }\n${plan.replace(estimates, `${estimates}, replication: [{ to: east, kind: database }]`)}`;
  assert.match(suggestion(copied), /the copy at east follows damage$/);
});
