import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulatedShop } from '../../../test/support/simulated-shop.ts';
import type { PlanFacts } from '../lint/plan-facts.ts';
import { parsePlan } from '../parse-plan.ts';
import { resolvePlan } from '../resolve-plan.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import { simulate } from './simulate.ts';
import type { Simulation, SystemForecast } from './simulation.ts';

const minute = 60_000;
const hour = 60 * minute;

function planOf(yaml: string): ResolvedPlan {
  const { plan, findings } = parsePlan(yaml, 'lifeboat.yaml');
  assert.ok(plan, JSON.stringify(findings));
  return resolvePlan(plan);
}

const shop = planOf(simulatedShop);

function simulated(plan: ResolvedPlan, scenario: string, facts: PlanFacts = {}, at?: string): Simulation {
  const simulation = simulate(
    plan,
    scenario,
    facts,
    at === undefined ? undefined : { nowMs: Date.parse(at) },
  );
  assert.ok(simulation);
  return simulation;
}

function forecast(simulation: Simulation, name: string): SystemForecast {
  return simulation.systems.find(({ system }) => system === name) ?? assert.fail(`${name} is not affected`);
}

function figures({ way, loss, back }: SystemForecast) {
  return {
    way: way.kind,
    lossMs: loss.kind === 'bounded' ? loss.valueMs : loss.kind,
    backMs: back.kind === 'known' ? back.atMs : back.kind,
  };
}

const verdictsOf = (each: SystemForecast) => each.verdicts.map((verdict) => verdict.status).join(' ');

/** Of the probe (2 × 1 min + 10 s), the first level, the usual assessment, and the declaration. */
const readyMs = 130_000 + (10 + 15 + 5) * minute;

test('the loss of a site: what is elsewhere comes back there, worked out by hand', () => {
  const simulation = simulated(shop, 'region-loss');
  const orders = forecast(simulation, 'orders-db');
  // Hourly, 10 min to capture, 5 min to copy; 30 min for the site, 40 min to restore, 5 min to start.
  assert.deepEqual(figures(orders), {
    way: 'restore',
    lossMs: 75 * minute,
    backMs: readyMs + (30 + 40 + 5) * minute,
  });
  assert.deepEqual(orders.way, { kind: 'restore', vault: 'away', usesLogs: false, site: 'west' });
  assert.equal(verdictsOf(orders), 'met met');
  const uploads = forecast(simulation, 'uploads');
  assert.deepEqual(figures(uploads), {
    way: 'restore',
    lossMs: 25 * hour,
    backMs: readyMs + 90.5 * minute,
  });
  assert.equal(verdictsOf(uploads), 'at-risk breached');
});

test('what no surviving vault holds never comes back, and neither does what needs it', () => {
  const simulation = simulated(shop, 'region-loss');
  assert.deepEqual(figures(forecast(simulation, 'code')), {
    way: 'lost',
    lossMs: 'everything',
    backMs: 'never',
  });
  const api = forecast(simulation, 'api');
  assert.deepEqual(figures(api), { way: 'rebuild', lossMs: 'none', backMs: 'never' });
  assert.match(api.back.kind === 'never' ? api.back.why : '', /^code cannot come back: nothing is left/);
  assert.equal(verdictsOf(api), 'met breached');
  assert.deepEqual(simulation.unaffected, ['mail']);
  assert.equal(simulation.status, 'breached');
  assert.deepEqual(simulation.blockers[0]?.about, ['code']);
});

test('a runbook is done step by step, with its approvals; dependants are back after it', () => {
  const simulation = simulated(shop, 'corruption');
  const readyAt = 130_000 + (10 + 15) * minute;
  const orders = forecast(simulation, 'orders-db');
  // 3 h unnoticed; stop, approval, restore, check.
  assert.deepEqual(figures(orders), {
    way: 'restore',
    lossMs: 3 * hour + 75 * minute,
    backMs: readyAt + (2 + 15 + 40 + 8) * minute,
  });
  assert.deepEqual(
    orders.verdicts.map(({ from, targetMs, status }) => [from, targetMs, status]),
    [
      ['scenario', 4 * hour, 'breached'],
      ['scenario', hour, 'breached'],
    ],
  );
  const api = forecast(simulation, 'api');
  assert.equal(api.state, 'waits');
  assert.equal(figures(api).backMs, readyAt + (2 + 15 + 40 + 8 + 10) * minute);
  assert.deepEqual(
    simulation.criticalPath.steps.map(({ label }) => label),
    [
      'it is noticed',
      'people are called',
      'it is understood',
      'stop api',
      'approval of restore',
      'restore of orders-db',
      'check orders-db',
      'start api',
    ],
  );
  assert.equal(simulation.criticalPath.totalMs, figures(api).backMs);
});

test('at a moment the loss is the age of the newest point that was complete by then', () => {
  const lossAt = (at: string) =>
    figures(forecast(simulated(shop, 'region-loss', {}, at), 'orders-db')).lossMs;
  assert.equal(lossAt('2026-11-21T12:15:00Z'), 15 * minute);
  assert.equal(lossAt('2026-11-21T12:14:59Z'), 75 * minute - 1000);
  const corrupt = simulated(shop, 'corruption', {}, '2026-11-21T12:20:00Z');
  assert.equal(figures(forecast(corrupt, 'orders-db')).lossMs, 3 * hour + 20 * minute);
});

test('a service that fell down keeps its data', () => {
  const simulation = simulated(shop, 'restart');
  const api = forecast(simulation, 'api');
  assert.deepEqual(figures(api), {
    way: 'restart',
    lossMs: 'none',
    backMs: (5 + 15 + 15 + 10) * minute,
  });
  assert.equal(simulation.status, 'met');
});

test('what nobody knows is unknown and never green', () => {
  const simulation = simulated(shop, 'nothing-known');
  const uploads = forecast(simulation, 'uploads');
  assert.equal(uploads.loss.kind, 'unknown');
  assert.equal(uploads.back.kind, 'unknown');
  assert.equal(verdictsOf(uploads), 'unknown unknown');
  assert.deepEqual(
    simulation.blockers.filter(({ severity }) => severity === 'blocks').map(({ kind }) => kind),
    ['unknown-damage', 'unknown-duration'],
  );
});

test('measurements count before estimates, and each figure says what it is', () => {
  const measure = (value: number) => ({ value, from: 'measured: 3 runs' });
  const facts: PlanFacts = {
    measured: {
      'orders-db': {
        restoreLastMs: measure(20 * minute),
        restoreMedianMs: measure(15 * minute),
        restoredBytes: measure(1000),
        sourceBytes: measure(1500),
        captureMedianMs: measure(6 * minute),
        copyMs: { away: measure(2 * minute) },
      },
    },
  };
  const orders = forecast(simulated(shop, 'region-loss', facts), 'orders-db');
  // The worse restore, for half as much data again.
  assert.deepEqual(figures(orders), {
    way: 'restore',
    lossMs: 68 * minute,
    backMs: readyMs + (30 + 30 + 5) * minute,
  });
  const restore = orders.tasks.find(({ kind }) => kind === 'restore');
  assert.equal(restore?.origin, 'measured');
  assert.match(restore?.says ?? '', /^measured: 3 runs; 1\.5 times/);
});

test('people and services are those of escalation, steps and needs', () => {
  const { people, services } = simulated(shop, 'corruption');
  assert.deepEqual(
    people.map(({ name, for: roles, reach }) => [name, roles.join('; '), reach]),
    [
      ['jane', 'is called first; approves', '+49 30 1234567'],
      ['response', 'is called on level 2', '+49 30 1234567'],
      ['john', 'does 1 step', 'john@example.org'],
    ],
  );
  assert.deepEqual(
    services.map(({ name, kind, state }) => [name, kind, state]),
    [
      ['git', 'need', 'there'],
      ['Cloud', 'provider', 'there'],
      ['codehost', 'vendor', 'there'],
    ],
  );
  assert.deepEqual(
    simulated(shop, 'region-loss')
      .services.filter(({ kind }) => kind === 'need')
      .map(({ name, state }) => [name, state]),
    [['git', 'fallback']],
  );
});

test('a need that is gone with the site and has no stand-in holds everything up that uses it', () => {
  const plan = planOf(simulatedShop.replace(', fallback: the mirror in the vault', ''));
  const orders = forecast(simulated(plan, 'region-loss'), 'orders-db');
  assert.match(orders.back.kind === 'unknown' ? orders.back.why : '', /git is gone with the site east/);
  assert.equal(verdictsOf(orders), 'met unknown');
});

test('a need that runs on the system that needs it is a circle', () => {
  const plan = planOf(
    simulatedShop.replace('site: east, fallback: the mirror in the vault', 'runs_on: [orders-db]'),
  );
  const orders = forecast(simulated(plan, 'region-loss'), 'orders-db');
  assert.match(orders.back.kind === 'never' ? orders.back.why : '', /needs git, which runs on itself/);
});

const failover = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77, name: Shop, owner: Jane Doe }
sites: { east: { role: primary }, west: { role: standby } }
vaults: { away: { location: "s3://away/x", off_site: true } }
objectives: { rpo: 10 min, rto: 1 h }
systems:
  db:
    source: { kind: postgres, connection: { host: db.example.org, database: shop, user: backup } }
    schedule: daily at 02:00
    logs: { max_lag: 2 min }
    replication: [{ to: west, kind: database, max_lag: 1 min }]
    estimates: { restore: 3 h }
  api: { depends_on: [db], dns: { provider: X, zone: example.org, records: [{ name: api.example.org, ttl: 5 min }] } }
failovers:
  to-west: { from: east, to: west, systems: [db, api], mode: automatic, runbook: move }
runbooks:
  move:
    steps:
      - { do: promote, systems: [db], takes: 2 min }
      - { do: start, systems: [api], takes: 3 min }
      - { do: update-dns, systems: [api], takes: 1 min }
scenarios:
  loss: { kind: site-loss, detection: { within: 1 min }, response: fail-over, failover: to-west }
  ransom: { kind: ransomware, detection: { within: 1 min }, failover: to-west, unnoticed_for: 6 h }
`;

test('a failover loses the lag of the replica and takes its runbook and the TTL; no person is waited for', () => {
  const simulation = simulated(planOf(failover), 'loss');
  assert.deepEqual(figures(forecast(simulation, 'db')), {
    way: 'fail-over',
    lossMs: minute,
    backMs: (1 + 2) * minute,
  });
  assert.equal(figures(forecast(simulation, 'api')).backMs, (1 + 2 + 3 + 1 + 5) * minute);
});

test('a site that is built up only then is waited for, by a failover as well', () => {
  const plan = planOf(failover.replace('role: standby', 'role: recovery, provision_takes: 30 min'));
  const built = (1 + 15 + 15 + 30) * minute;
  assert.equal(figures(forecast(simulated(plan, 'loss'), 'db')).backMs, built + 2 * minute);
  const unknown = planOf(failover.replace('role: standby', 'role: recovery'));
  assert.equal(figures(forecast(simulated(unknown, 'loss'), 'db')).backMs, 'unknown');
});

test('steps that say what they come after run beside each other; what is named later is not waited for too little', () => {
  const steps = (text: string) =>
    figures(
      forecast(
        simulated(planOf(failover.replace(/ {6}- \{ do: promote[\s\S]*?(?=scenarios)/, text)), 'loss'),
        'api',
      ),
    ).backMs;
  const beside = `      - { do: promote, systems: [db], takes: 20 min, id: db }
      - { do: deploy, systems: [api], takes: 5 min, id: api, after: [db] }
      - { do: configure, what: x, systems: [api], takes: 7 min, after: [db] }
`;
  assert.equal(steps(beside), (1 + 20 + 7) * minute);
  const forward = beside
    .replace('id: api, after: [db]', 'id: api')
    .replace('takes: 7 min, after: [db]', 'takes: 7 min, after: [later]');
  assert.equal(
    steps(`${forward}      - { do: start, systems: [api], takes: 1 min, id: later }\n`),
    (1 + 20 + 5 + 7 + 1) * minute,
  );
});

test('a log that is not kept for as long as damage goes unnoticed is of no use', () => {
  const plan = planOf(failover.replace('max_lag: 2 min', 'max_lag: 2 min, keep: 5 h'));
  assert.equal(figures(forecast(simulated(plan, 'ransom'), 'db')).lossMs, 30 * hour);
});

test('a replica follows ransomware, so the vault counts, and its logs up to the damage', () => {
  const simulation = simulated(planOf(failover), 'ransom');
  const db = forecast(simulation, 'db');
  assert.deepEqual(db.way, { kind: 'restore', vault: 'away', usesLogs: true });
  assert.equal(figures(db).lossMs, 6 * hour + 2 * minute);
  assert.equal(verdictsOf(db), 'breached breached');
});

test('a written procedure that leaves the log out loses what the log would have kept', () => {
  const plan = planOf(
    failover.replace(
      '      - { do: promote',
      '      - { do: restore, systems: [db] }\n      - { do: promote',
    ),
  );
  const db = forecast(simulated(plan, 'ransom'), 'db');
  assert.equal(db.way.kind === 'restore' && db.way.usesLogs, false);
  assert.equal(figures(db).lossMs, 30 * hour);
});

test('retention that keeps nothing of before the damage leaves nothing', () => {
  const withRetention = (text: string) =>
    figures(
      forecast(
        simulated(
          planOf(simulatedShop.replace('    needs: [git]', `    needs: [git]\n    retention: ${text}`)),
          'corruption',
        ),
        'orders-db',
      ),
    );
  assert.equal(withRetention('{ hourly: 2 }').lossMs, 'everything');
  assert.equal(withRetention('{ last: 100 }').lossMs, 'unknown');
  assert.equal(withRetention('{ daily: 7 }').lossMs, 27 * hour);
  assert.equal(withRetention('{ hourly: 48 }').lossMs, 3 * hour + 75 * minute);
});

test('what breaches an objective stands in the way, with its cause and what to change', () => {
  const missedOf = (yaml: string) =>
    simulated(planOf(yaml), 'corruption')
      .blockers.filter(({ kind }) => kind === 'objective-missed')
      .map(({ severity, message, hint }) => `${severity} ${message}. ${hint}`);
  const daily = simulatedShop.replace('    needs: [git]', '    needs: [git]\n    retention: { daily: 7 }');
  const [lost = '', late = ''] = missedOf(daily);
  assert.match(lost, /^blocks orders-db may lose 1 day 3 h, and 4 h is allowed: .*keeps fewer points/);
  assert.match(lost, /Add hourly: 4 to the retention of orders-db\.$/);
  assert.match(
    late,
    /^blocks orders-db is back after .*, and 1 h is allowed; the longest step is restore of orders-db, 40 min/,
  );
  const [kept = ''] = missedOf(daily.replace('{ daily: 7 }', '{ hourly: 4, daily: 7 }'));
  assert.match(kept, /may lose 4 h 15 min, .*Capture it more often, or keep its log\.$/);
  const [unnoticed = ''] = missedOf(daily.replace('unnoticed_for: 3 h', 'unnoticed_for: 5 h'));
  assert.match(unnoticed, /noticed sooner/);
  const none = simulated(planOf(daily.replace('{ daily: 7 }', '{ hourly: 2 }')), 'corruption');
  assert.equal(none.blockers[0]?.hint, 'Add hourly: 4 to the retention of orders-db.');
});

test('a scenario that strikes nothing is not good news, and one that is not there is none', () => {
  const plan = planOf(simulatedShop.replace('strikes: { sites: [east] }', 'strikes: { vaults: [here] }'));
  const simulation = simulated(plan, 'region-loss');
  assert.equal(simulation.status, 'unknown');
  assert.equal(simulation.blockers[0]?.kind, 'strikes-nothing');
  assert.equal(simulate(plan, 'nothing', {}), undefined);
});

test('the same plan gives the same forecast', () => {
  assert.deepEqual(simulated(planOf(simulatedShop), 'region-loss'), simulated(shop, 'region-loss'));
});

test('against malice an immutable vault comes before one that loses less; against mistakes it does not', () => {
  const vaultsYaml = simulatedShop
    .replace('off_site: true, provider: Cloud', 'off_site: true, immutability: { mode: compliance }')
    .replace('here: { location: /backup/here, site: east }', 'here: { location: s3://near/x }');
  const wayOf = (kind: string) => {
    const yaml = vaultsYaml.replace('kind: ransomware', `kind: ${kind}\n    unnoticed_for: 1 h`);
    const { way } = forecast(simulated(planOf(yaml), 'nothing-known'), 'uploads');
    return way.kind === 'restore' ? way.vault : way.kind;
  };
  assert.equal(wayOf('ransomware'), 'away');
  assert.equal(wayOf('security-breach'), 'away');
  assert.equal(wayOf('data-corruption'), 'here');
});

const halfPromised = simulatedShop
  .replace('objectives: { rpo: 2 h, rto: 3 h }', 'objectives: { rpo: 2 h }')
  .replace('    objectives: { rto: 150 min }\n', '');

test('an RPO alone makes nothing ok of which nobody knows when it is back', () => {
  const plan = planOf(halfPromised.replace('    detection: { within: 5 min }\n', ''));
  const simulation = simulated(plan, 'restart');
  const api = forecast(simulation, 'api');
  assert.deepEqual([api.back.kind, verdictsOf(api), api.status], ['unknown', 'met', 'unknown']);
  assert.equal(simulation.status, 'unknown');
  assert.equal(forecast(simulated(planOf(halfPromised), 'restart'), 'api').status, 'met');
});

test('while something blocks no scenario is better than unknown, whatever was promised', () => {
  const plan = planOf(
    `${simulatedShop.slice(0, simulatedShop.indexOf('sites:'))}vaults: { here: { location: /backup/here } }
systems:
  promised:
    source: { kind: files, paths: [./a] }
    schedule: hourly
    estimates: { capture: 1 min, restore: 1 min, start: 1 min }
    objectives: { rpo: 2 h, rto: 2 h }
  free: { source: { kind: files, paths: [./b] }, schedule: hourly }
scenarios:
  mistake: { kind: data-corruption, detection: { within: 5 min } }
`,
  );
  const simulation = simulated(plan, 'mistake');
  assert.equal(forecast(simulation, 'free').back.kind, 'unknown');
  assert.equal(forecast(simulation, 'free').status, undefined);
  assert.deepEqual([forecast(simulation, 'promised').status, simulation.status], ['met', 'unknown']);
});
