/** Rules on what may be lost: each finds its cause with the arithmetic, and falls silent without it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintHits, testCauses } from '../../../test/support/lint-hits.ts';

const vaults = 'vaults: { here: { location: ./here }, away: { location: ./away, off_site: true } }\n';
const sites = 'sites: { west: { role: primary }, east: { role: standby } }\n';
const watch = 'channels: { ops: { kind: email } }\nalerts: { lag: { when: log-lag, channels: [ops] } }\n';

interface Database {
  readonly rpo: string;
  readonly rest?: string;
  readonly above?: string;
}

function database({ rpo, rest = '', above = '' }: Database): string {
  return `${vaults}${above}systems:
  db:
    source: { kind: postgres, connection: {} }
    objectives: { rpo: ${rpo} }
    schedule: hourly
    ${rest}
`;
}

function severitiesOf(plan: string, rule: string): readonly string[] {
  return lintHits(plan, rule).map(({ severity }) => severity);
}

testCauses([
  {
    name: 'a schedule that is too sparse',
    rule: 'rpo-schedule',
    plan: database({ rpo: '15 min' }),
    cause: 'schedule: hourly',
    cure: 'schedule: every 5 min',
    says: /at most 1 h between runs .* = worst case 1 h, more than the RPO of 15 min$/,
    path: 'systems.db.schedule',
  },
]);

test('away-behind: what only the vault elsewhere holds is held against the RPO too', () => {
  const lines = (away: string) => `${vaults}systems:
  f:
    source: { kind: files, paths: [./x] }
    objectives: { rpo: 2 h }
    backups: { often: { kind: full, schedule: hourly, vaults: [here] }, seldom: { kind: full, schedule: ${away}, vaults: [away] } }
`;
  const [hit] = lintHits(lines('weekly'), 'away-behind');
  assert.match(
    hit?.message ?? '',
    /place of f is lost, only away is left: .* = worst case 7 days, more than the RPO of 2 h$/,
  );
  assert.equal(hit?.severity, 'warning');
  assert.deepEqual(lintHits(lines('hourly'), 'away-behind'), []);
  const agreed = 'scenarios: { fire: { kind: total-loss, objectives: { rpo: 8 days, override: agreed } } }\n';
  assert.deepEqual(lintHits(agreed + lines('weekly'), 'away-behind'), []);
  const copied = (within: string) =>
    lines('hourly').replace('off_site: true', `off_site: true, filled_by: here, copy_within: ${within}`);
  assert.match(
    lintHits(copied('5 h'), 'away-behind')[0]?.message ?? '',
    /away may have it 5 h later: 6 h, more than the RPO of 2 h$/,
  );
  assert.deepEqual(lintHits(copied('30 min'), 'away-behind'), []);
});

test('rpo-schedule: what runs continuously is not said to wait for an event', () => {
  const message = (schedule: string) =>
    lintHits(database({ rpo: '2 h' }).replace('hourly', schedule), 'rpo-schedule')[0]?.message ?? '';
  assert.match(message('continuous'), /^db is said to run continuously/);
  assert.match(message('on deploy'), /^db runs only on an event/);
});

test('rpo-schedule: a second database counts only at another site, and only for a database', () => {
  const replica = (site: string) =>
    database({
      rpo: '2 min',
      rest: `replication: [{ to: ${site}, kind: database, mode: synchronous }]`,
      above: sites,
    });
  assert.deepEqual(severitiesOf(replica('east'), 'rpo-schedule'), []);
  assert.deepEqual(severitiesOf(replica('west'), 'rpo-schedule'), ['error']);
  const files = replica('east').replace(
    '{ kind: postgres, connection: {} }',
    '{ kind: files, paths: [./x] }',
  );
  assert.deepEqual(severitiesOf(files, 'rpo-schedule'), ['error']);
});

test('rpo-zero: what does not wait is an error, with what it may be behind', () => {
  const causes: readonly (readonly [rest: string, says: RegExp, path: string])[] = [
    ['', /by backups: .* = worst case 1 h$/, 'systems.db.schedule'],
    [
      'logs: { max_lag: 2 min }',
      /may be 2 min behind: 2 min more than 0 min$/,
      'systems.db.logs.acknowledged',
    ],
    [
      'logs: { acknowledged: before-commit, when_unreachable: block, vaults: [here] }',
      /its log is kept only where db itself is$/,
      'systems.db.logs.vaults',
    ],
    [
      'replication: [{ to: east, kind: database, max_lag: 3 min }]',
      /the replica, which may be 3 min behind: 3 min more than 0 min$/,
      'systems.db.replication[0].mode',
    ],
    [
      'replication: [{ to: west, kind: database, mode: synchronous }]',
      /its replica stands at the same site$/,
      'systems.db.replication[0].mode',
    ],
  ];
  for (const [rest, says, path] of causes) {
    const found = lintHits(database({ rpo: '0 min', rest, above: sites }), 'rpo-zero');
    assert.deepEqual(
      found.map((finding) => [finding.severity, finding.path, finding.related?.line]),
      [['error', path, 8]],
    );
    assert.match(found[0]?.message ?? '', says);
    assert.deepEqual(lintHits(database({ rpo: '1 min', rest, above: sites }), 'rpo-zero'), []);
  }
});

test('rpo-zero: what waits holds by the plan, and it is said where nothing carries it out yet', () => {
  const waiting = 'logs: { acknowledged: before-commit, when_unreachable: block }';
  const replica = 'replication: [{ to: east, kind: database, mode: synchronous }]';
  const of = (plan: string) => lintHits(plan, 'rpo-zero')[0];
  const planWith = (rest: string) => database({ rpo: '0 min', rest, above: sites });
  const found = (rest: string) => of(planWith(rest));
  assert.equal(found(waiting)?.severity, 'info');
  assert.match(found(waiting)?.message ?? '', /each commit waits for its log in the vault away$/);
  // any one vault may be the one beside the database
  const waits = 'acknowledged: before-commit, when_unreachable: block, copies: 1';
  const few = found(`logs: { ${waits} }`);
  assert.equal(few?.severity, 'error');
  assert.match(few.message, /in 1 of its vaults, which may all be where db itself is$/);
  assert.equal(found(`logs: { ${waits}, vaults: [away] }`)?.severity, 'info');
  const mysql = of(
    planWith(waiting).replace('postgres, connection: {}', 'mysql, connection: {}, method: physical'),
  );
  assert.match(mysql?.message ?? '', /the vault away; until a later version .* worst case 1 h$/);
  assert.equal(found(`${replica}\n    logs: {}`)?.severity, 'info');
  assert.equal(found(replica)?.severity, 'warning');
  assert.match(found(replica)?.message ?? '', /follows damage and deletion at once; against these: .* 1 h$/);
});

test('rpo-schedule: lines that may not run hold no promise', () => {
  const lines = (often: string): string => `${vaults}systems:
  db:
    source: { kind: mysql, connection: {}, method: physical }
    objectives: { rpo: 2 h }
    backups:
      full: { kind: full, schedule: daily at 02:00 UTC }
      often: { ${often} }
`;
  const says = (often: string): string => lintHits(lines(often), 'rpo-schedule')[0]?.message ?? '';
  assert.equal(says('kind: incremental, schedule: hourly'), '');
  assert.equal(says('kind: full, schedule: hourly'), '');
  const doubt = /worst case 1 day, not counting often, which cannot be relied on, more than the RPO of 2 h$/;
  assert.match(says('kind: incremental, schedule: hourly, method: logical'), doubt);
  assert.match(says('kind: sync, schedule: hourly, alternative_to: full'), doubt);
  assert.match(
    says(
      'kind: incremental, schedule: hourly, method: logical }\n      none: { kind: snapshot, schedule: on deploy',
    ),
    doubt,
  );
});

test('rpo-schedule leaves zero and logs to their own rules, so that nothing is said twice', () => {
  assert.deepEqual(lintHits(database({ rpo: '0 min' }), 'rpo-schedule'), []);
  assert.deepEqual(lintHits(database({ rpo: '15 min', rest: 'logs: {}' }), 'rpo-schedule'), []);
  assert.deepEqual(
    severitiesOf(database({ rpo: '15 min', rest: 'logs: { point_in_time: false }' }), 'rpo-schedule'),
    ['error'],
  );
});

test('rpo-schedule: a repository that is captured on each commit has nothing between two captures', () => {
  const plan = `${vaults}systems:
  code: { source: { kind: git, url: ./code }, objectives: { rpo: 1 h }, schedule: on commit }
`;
  assert.deepEqual(lintHits(plan, 'rpo-schedule'), []);
  assert.deepEqual(severitiesOf(plan.replace('on commit', 'on deploy'), 'rpo-schedule'), ['error']);
});

test('rpo-by-logs: nothing is said where the schedule alone is enough', () => {
  assert.deepEqual(lintHits(database({ rpo: '2 h', rest: 'logs: { max_lag: 3 h }' }), 'rpo-by-logs'), []);
});

test('rpo-by-logs: a log that may be too far behind is an error', () => {
  const plan = database({ rpo: '15 min', rest: 'logs: { max_lag: 20 min }' });
  const [finding] = lintHits(plan, 'rpo-by-logs');
  assert.equal(finding?.severity, 'error');
  assert.equal(finding?.path, 'systems.db.logs.max_lag');
  assert.match(
    finding?.message ?? '',
    /20 min behind \(declared\).* 5 min more than the RPO of 15 min of db$/,
  );
  const measured = { measured: { db: { logLagMs: { value: 3_600_000, from: 'measured: 3 runs' } } } };
  const [late] = lintHits(plan.replace('20 min', '1 min'), 'rpo-by-logs', measured);
  assert.match(late?.message ?? '', /1 h behind \(measured\)/);
});

test('rpo-by-logs: the log has to be watched with a threshold below the RPO', () => {
  const judged = (logs: string, above: string): readonly string[] =>
    severitiesOf(database({ rpo: '15 min', rest: `logs: ${logs}`, above }), 'rpo-by-logs');
  assert.deepEqual(judged('{}', ''), ['warning']);
  assert.deepEqual(judged('{}', watch), ['info']);
  assert.deepEqual(judged('{}', watch.replace('[ops]', '[ops], above: 14 min')), ['info']);
  assert.deepEqual(judged('{}', watch.replace('[ops]', '[ops], above: 15 min')), ['warning']);
  assert.deepEqual(judged('{}', watch.replace('log-lag', 'replication-lag')), ['warning']);
  assert.deepEqual(judged('{}', 'on_failure: { command: ./tell }\n'), ['info']);
  // what a replica does is nothing that this version keeps
  assert.deepEqual(judged('{ method: replication }', watch.replace('log-lag', 'replication-lag')), [
    'warning',
  ]);
  assert.deepEqual(judged('{ acknowledged: before-commit, when_unreachable: block }', ''), ['info']);
});

test('rpo-by-logs, rpo-zero: where backups are taken already, a log that is not is a warning', () => {
  const captured = (plan: string): string => plan.replace('postgres, connection: {}', 'sqlite, path: ./db');
  const hourly = captured(database({ rpo: '15 min', rest: 'logs: {}', above: watch }));
  const [finding] = lintHits(hourly, 'rpo-by-logs');
  assert.equal(finding?.severity, 'warning');
  assert.match(finding?.message ?? '', /this version does not keep that log, so today it does not hold$/);
  const waiting = captured(
    database({ rpo: '0 min', rest: 'logs: { acknowledged: before-commit, when_unreachable: block }' }),
  );
  assert.deepEqual(severitiesOf(waiting, 'rpo-zero'), ['warning']);
});

test('rpo-by-logs: an alert for another system watches nothing, and a probe with a condition does', () => {
  const other = `${watch.replace('[ops]', '[ops], systems: [api]')}`;
  const plan = `${database({ rpo: '15 min', rest: 'logs: {}', above: other })}  api: {}\n`;
  assert.deepEqual(severitiesOf(plan, 'rpo-by-logs'), ['warning']);
  assert.deepEqual(severitiesOf(plan.replace('systems: [api]', 'systems: [db]'), 'rpo-by-logs'), ['info']);
  const probe =
    'probes: { health: { kind: backup-health, healthy: [{ measure: log-lag, at_most: 10 min }] } }\n' +
    watch.replace('log-lag', 'probe-failed');
  assert.deepEqual(severitiesOf(database({ rpo: '15 min', rest: 'logs: {}', above: probe }), 'rpo-by-logs'), [
    'info',
  ]);
});

test('rpo-by-logs: lines that cannot be taken or are contradicted do not count for the RPO', () => {
  const plan = `${vaults}${watch}systems:
  db:
    source: { kind: mysql, connection: {}, tool: mysqldump }
    objectives: { rpo: 1 h }
    backups:
      full: { kind: full, schedule: daily at 02:00 UTC }
      often: { kind: incremental, schedule: every 15 min }
    logs: {}
`;
  const [finding] = lintHits(plan, 'rpo-by-logs');
  assert.match(
    finding?.message ?? '',
    /at most 1 day between runs .*, not counting often, which cannot be relied on/,
  );
  assert.deepEqual(
    lintHits(
      plan.replace('logical', 'physical').replace(', tool: mysqldump', ', method: physical'),
      'rpo-by-logs',
    ),
    [],
  );
});

test('rpo-by-logs: a replica alone is no answer to damage', () => {
  const rest = 'replication: [{ to: east, kind: database, mode: synchronous }]';
  const [finding] = lintHits(database({ rpo: '15 min', rest, above: sites }), 'rpo-by-logs');
  assert.equal(finding?.severity, 'warning');
  assert.match(finding?.message ?? '', /only the replica holds the RPO of 15 min of db, .* worst case 1 h$/);
});

const uploads = `${vaults}data_classes: { user: { rpo: 5 min, rto: 1 h } }
systems:
  uploads:
    data_classes: [user]
    source: { kind: files, paths: [./uploads] }
    objectives: { rpo: 2 h }
    schedule: hourly
`;

testCauses([
  {
    name: 'an own RPO that hides a stricter one of the data class',
    rule: 'class-schedule',
    severity: 'error',
    path: 'systems.uploads.objectives.rpo',
    plan: uploads,
    cause: 'data_classes: [user]',
    cure: 'data_classes: []',
    says: /whose RPO is 5 min, but has an own RPO of 2 h, which is 1 h 55 min more; .* worst case 1 h$/,
  },
  {
    name: 'it is only misleading while the schedule is good enough',
    rule: 'class-schedule',
    severity: 'warning',
    plan: uploads.replace('hourly', 'every 2 min'),
    cause: 'rpo: 2 h',
    cure: 'rpo: 5 min',
    says: /at most 2 min between runs/,
  },
  {
    name: 'an own RTO that hides a stricter one of the data class',
    rule: 'class-schedule',
    severity: 'error',
    plan: uploads.replace('rpo: 2 h', 'rto: 2 h'),
    cause: 'rto: 2 h',
    cure: 'rto: 30 min',
    says: /whose RTO is 1 h, but has an own RTO of 2 h, which is 1 h more$/,
  },
]);
