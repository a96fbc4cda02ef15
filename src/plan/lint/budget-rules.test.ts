import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintHits, testCauses } from '../../../test/support/lint-hits.ts';

const base = `vaults: { here: { location: /a } }
systems: { db: { objectives: { rto: 1 h } }, dns: { dns: { provider: R53, zone: example.org, records: [{ name: api.example.org, ttl: 60 s }] } } }
sites: { east: { role: primary }, west: { role: standby } }
runbooks: { move: { steps: [{ do: update-dns, systems: [dns] }] } }
`;
const phases = 'detect: 1 min, assess: 5 min, initiate: 10 min, restore: 15 min';
const scenario = (fields: string) => `${base}scenarios: { loss: { kind: site-loss, ${fields} } }\n`;
const moved = (fields: string) =>
  `${scenario('failover: out, objectives: { rto: 15 min, override: agreed }, phases: { count: deadlines, restore: 15 min }')}failovers: { out: { from: east, to: west, ${fields} } }\n`;
const probed = (probe: string) =>
  `${scenario('detection: { by: [api], within: 1 min }')}probes: { api: { kind: http, ${probe} } }\n`;

testCauses([
  {
    name: 'nobody knows how the numbers are counted, and by one reading they are more than the RTO',
    rule: 'phase-budgets',
    plan: scenario(`objectives: { rto: 15 min, override: agreed }, phases: { ${phases} }`),
    cause: 'phases: {',
    cure: 'phases: { count: deadlines,',
    says: /as durations 1 \+ 5 \+ 10 \+ 15 = 31 min > the RTO of the scenario loss of 15 min; as deadlines the last is 15 min$/,
    severity: 'error',
    path: 'scenarios.loss.phases',
  },
  {
    name: 'the numbers fit by both readings',
    rule: 'phase-budgets',
    plan: scenario(`objectives: { rto: 1 h, override: agreed }, phases: { ${phases} }`),
    cause: 'phases: {',
    cure: 'phases: { count: durations,',
    says: /31 min ≤ the RTO/,
    severity: 'warning',
  },
  {
    name: 'durations add up to more than the RTO',
    rule: 'phase-budgets',
    plan: scenario(`objectives: { rto: 15 min, override: agreed }, phases: { count: durations, ${phases} }`),
    cause: phases,
    cure: 'detect: 1 min, assess: 4 min, restore: 10 min',
    says: /^1 \+ 5 \+ 10 \+ 15 = 31 min > the RTO of the scenario loss of 15 min$/,
  },
  {
    name: 'deadlines do not ascend',
    rule: 'phase-budgets',
    plan: scenario('phases: { count: deadlines, detect: 5 min, assess: 3 min }'),
    cause: 'assess: 3 min',
    cure: 'assess: 6 min',
    says: /as deadlines assess ends after 3 min, before detect after 5 min/,
    path: 'scenarios.loss.phases.assess',
  },
  {
    name: 'the last deadline is later than the RTO of what is struck',
    rule: 'phase-budgets',
    plan: scenario('strikes: { systems: [db] }, phases: { count: deadlines, restore: 2 h }'),
    cause: 'restore: 2 h',
    cure: 'restore: 1 h',
    says: /restore after 2 h, is 1 h later than the RTO of db of 1 h/,
  },
  {
    name: 'a failover allows more than the scenario that uses it',
    rule: 'phase-budgets',
    plan: moved('phases: { count: durations, detect: 6 min, restore: 9 min }').replace(
      'restore: 15 min }',
      'restore: 14 min }',
    ),
    cause: 'restore: 9 min',
    cure: 'restore: 8 min',
    says: /ends restore 15 min after the disaster, the scenario loss that uses it demands 14 min/,
    path: 'failovers.out.phases.restore',
  },
  {
    name: 'the phases of a failover are held against the RTO of the scenario that uses it',
    rule: 'phase-budgets',
    plan: moved(`phases: { ${phases} }`),
    cause: 'phases: { detect',
    cure: 'phases: { count: deadlines, detect',
    says: /31 min > the RTO of the scenario loss of 15 min/,
  },
  {
    name: 'probes are too slow',
    rule: 'detection-budget',
    plan: probed('interval: 60 s, from: [east, west]'),
    cause: 'interval: 60 s',
    cure: 'interval: 25 s',
    says: /^api notices after 1 min × 2 \+ 10 s timeout = 2 min 10 s > 1 min, the budget to notice loss$/,
    severity: 'error',
    path: 'probes.api.interval',
  },
  {
    name: 'no interval is given',
    rule: 'detection-budget',
    plan: probed('from: [east, west]'),
    cause: 'from:',
    cure: 'interval: 20 s, from:',
    says: /no interval is given for api: 2 failed probes need an interval of less than 30 s/,
    severity: 'warning',
  },
  {
    name: 'one place alone',
    rule: 'detection-budget',
    plan: probed('interval: 20 s, from: [east]'),
    cause: '[east]',
    cure: '[east, west]',
    says: /only east is named from which api asks, and it takes 2/,
    severity: 'warning',
  },
  {
    name: 'a budget without a probe',
    rule: 'detection-budget',
    plan: `${scenario('phases: { count: deadlines, detect: 1 min }')}probes: { api: { kind: http, interval: 20 s, from: [east, west] } }`,
    cause: 'phases:',
    cure: 'detection: { by: [api] }, phases:',
    says: /budget to notice loss is 1 min, but nothing says what notices it/,
  },
  {
    name: 'an alert that must be known sooner than its probe can see',
    rule: 'detection-budget',
    plan: `${base}channels: { mail: { kind: email } }
probes: { api: { kind: http, interval: 1 min, timeout: 5 s, failures: 3, from: [east, west] } }
alerts: { down: { when: probe-failed, probes: [api], within: 1 min, channels: [mail] } }`,
    cause: 'within: 1 min',
    cure: 'within: 4 min',
    says: /1 min × 3 \+ 5 s timeout = 3 min 5 s > 1 min, the budget of the alert down/,
  },
  {
    name: 'a record is remembered longer than the phase lasts',
    rule: 'dns-budget',
    plan: `${scenario(`runbooks: [move], phases: { count: deadlines, ${phases} }`).replace('ttl: 60 s', 'ttl: 1 h')}`,
    cause: 'ttl: 1 h',
    cure: 'ttl: 1 min',
    says: /remembered for 1 h after the switch, but loss has 10 min \(initiate\) − 5 min \(assess\) = 5 min for it/,
    severity: 'error',
    path: 'systems.dns.dns.records[0].ttl',
  },
  {
    name: 'the TTL is not known',
    rule: 'dns-budget',
    plan: scenario('runbooks: [move], phases: { count: durations, initiate: 10 min }').replace(
      ', ttl: 60 s',
      '',
    ),
    cause: 'name: api.example.org',
    cure: 'name: api.example.org, ttl: 60 s',
    says: /TTL of api.example.org is not known, and loss switches it within 10 min/,
    severity: 'warning',
  },
  {
    name: 'no record is declared',
    rule: 'dns-budget',
    plan: `${scenario('failover: out, objectives: { rto: 15 min, override: agreed }')}failovers: { out: { from: east, to: west, dns: [db] } }`,
    cause: 'dns: [db]',
    cure: 'dns: [dns]',
    says: /switches the DNS within 15 min, but no record is declared/,
  },
]);

test('what may be fixed without weakening anything is offered as an edit', () => {
  const slow = lintHits(probed('interval: 60 s, from: [east, west]'), 'detection-budget');
  assert.deepEqual(slow[0]?.edits, [{ kind: 'set', at: ['probes', 'api', 'interval'], value: '25 s' }]);
});

test('what the numbers of phases mean is advised and never corrected', () => {
  const [unsaid] = lintHits(
    scenario(`objectives: { rto: 15 min, override: agreed }, phases: { ${phases} }`),
    'phase-budgets',
  );
  assert.equal(unsaid?.suggestion, 'add "count: deadlines"');
  assert.equal(unsaid?.edits, undefined);
});

test('phases that say how they are counted and fit, and scenarios without any, are in order', () => {
  const sensible =
    `${moved('phases: { count: deadlines, detect: 1 min, restore: 15 min }, dns: [dns]')}probes: { api: { kind: http, interval: 20 s, from: [east, west] } }`.replace(
      'failover: out,',
      'failover: out, detection: { by: [api], within: 1 min },',
    );
  for (const rule of ['phase-budgets', 'detection-budget', 'dns-budget']) {
    assert.deepEqual(lintHits(sensible, rule), []);
    assert.deepEqual(lintHits(scenario('response: restore'), rule), []);
  }
});
