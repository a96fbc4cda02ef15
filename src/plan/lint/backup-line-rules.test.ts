/** Rules on lines of backups, on logs over dumps, and on how long points are kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintHits, testCauses } from '../../../test/support/lint-hits.ts';

const vaults = 'vaults: { here: { location: ./here }, away: { location: ./away } }\n';

function withLines(lines: string, source = 'kind: postgres, connection: {}', rest = ''): string {
  return `${vaults}systems:
  db:
    source: { ${source} }
    objectives: { rpo: 6 h, keep_at_least: 30 days }
    backups: { ${lines} }
    ${rest}
`;
}

const full = 'full: { kind: full, schedule: daily at 02:00 UTC }';
const snapshots = `${full}, often: { kind: snapshot, schedule: hourly }, rarely: { kind: incremental, schedule: every 6h }`;

testCauses([
  {
    name: 'hourly snapshots beside an incremental every 6 hours',
    rule: 'schedule-contradiction',
    severity: 'warning',
    path: 'systems.db.backups.rarely.schedule',
    plan: withLines(snapshots),
    cause: 'schedule: every 6h',
    cure: 'schedule: hourly',
    says: /^db has often \(snapshot\) every hour, .* and rarely \(incremental\) every 6 hours, .*: with at most 1 h .*, the other with 6 h adds nothing/,
  },
  {
    name: 'the same kind twice',
    rule: 'schedule-contradiction',
    plan: withLines(`${full}, weekly: { kind: full, schedule: weekly }`),
    cause: 'schedule: weekly',
    cure: 'schedule: weekly, retention: { weekly: 52 }',
    says: /^db has full \(full\) daily at 02:00 UTC and weekly \(full\) .*, the other with 7 days adds nothing/,
  },
  {
    name: 'lines of which only one will run',
    rule: 'schedule-contradiction',
    plan: withLines(snapshots),
    cause: 'schedule: every 6h',
    cure: 'schedule: every 6h, alternative_to: often',
    says: /^db has often/,
  },
  {
    name: 'lines that go to different vaults',
    rule: 'schedule-contradiction',
    plan: withLines(snapshots.replaceAll('schedule: hourly', 'schedule: hourly, vaults: [here]')),
    cause: 'schedule: every 6h',
    cure: 'schedule: every 6h, vaults: [away]',
    says: /^db has often/,
  },
  {
    name: 'an incremental dump',
    rule: 'incremental-impossible',
    severity: 'error',
    path: 'systems.db.backups.often.kind',
    plan: withLines(
      `${full}, often: { kind: incremental, schedule: hourly }`,
      'kind: mysql, connection: {}, tool: mysqldump',
    ),
    cause: 'tool: mysqldump',
    cure: 'method: physical',
    says: /^the incremental line often of db cannot be taken: mysqldump always gives the whole database$/,
  },
  {
    name: 'a line with a tool of its own',
    rule: 'incremental-impossible',
    plan: withLines(`${full}, often: { kind: differential, schedule: hourly, tool: /usr/bin/pg_dump }`),
    cause: ', tool: /usr/bin/pg_dump',
    cure: '',
    says: /^the differential line often of db cannot be taken: pg_dump always/,
  },
  {
    name: 'a script that dumps',
    rule: 'incremental-impossible',
    plan: withLines(
      `${full}, often: { kind: incremental, schedule: hourly }`,
      'kind: command, run: "nice mysqldump --all > x", file: x.sql',
    ),
    cause: 'kind: incremental',
    cure: 'kind: full',
    says: /mysqldump/,
  },
  {
    name: 'a dump under the log',
    rule: 'pitr-base',
    severity: 'error',
    path: 'systems.db.source.method',
    plan: withLines(full, 'kind: postgres, connection: {}, method: logical', 'logs: {}'),
    cause: 'method: logical',
    cure: 'method: physical',
    says: /^the log of db cannot be applied to what the method "logical" gives; without it: .* worst case 1 day, more than the RPO of 6 h$/,
  },
  {
    name: 'one physical line is enough',
    rule: 'pitr-base',
    plan: withLines(
      `${full}, base: { kind: full, schedule: weekly, method: logical }`,
      'kind: postgres, connection: {}, tool: pg_dump',
      'logs: {}',
    ),
    cause: 'schedule: weekly, method: logical',
    cure: 'schedule: weekly, method: physical',
    says: /what pg_dump gives/,
  },
  {
    name: 'no log, no complaint about its base',
    rule: 'pitr-base',
    plan: withLines(full, 'kind: postgres, connection: {}, tool: pg_dump', 'logs: {}'),
    cause: 'logs: {}',
    cure: '',
    says: /pg_dump/,
  },
  {
    name: 'the log is removed before the next base',
    rule: 'retention-logs',
    severity: 'error',
    path: 'systems.db.logs.keep',
    plan: withLines(
      `${full}, often: { kind: incremental, schedule: hourly }`,
      undefined,
      'logs: { keep: 6 h }',
    ),
    cause: 'keep: 6 h',
    cure: 'keep: 2 days',
    says: /^the log of db is kept for 6 h, but up to 1 day pass .*: for 18 h it follows none$/,
  },
  {
    name: 'points are removed sooner than promised',
    rule: 'retention-floor',
    severity: 'error',
    path: 'systems.db.retention',
    plan: withLines(full, undefined, 'retention: { daily: 7, hourly: 48 }'),
    cause: 'daily: 7',
    cure: 'daily: 30',
    says: /^points of db are kept for 7 days \(daily: 7\), 23 days less than the 30 days that/,
  },
  {
    name: 'a limit ends what other rules keep',
    rule: 'retention-floor',
    plan: withLines(full, undefined, 'retention: { monthly: 12, at_most: 10 days }'),
    cause: 'at_most: 10 days',
    cure: 'at_most: 30 days',
    says: /kept for 10 days \(at_most\), 20 days less/,
  },
  {
    name: 'a number of points reaches as far as the schedule spreads them',
    rule: 'retention-floor',
    plan: withLines(full, undefined, 'retention: { last: 20 }'),
    cause: 'daily at 02:00 UTC',
    cure: 'weekly on Sunday at 02:00 UTC',
    says: /kept for 20 days \(last: 20\), 10 days less/,
  },
]);

test('the usual pattern contradicts nothing', () => {
  const usual = withLines(`${full}, often: { kind: incremental, schedule: hourly }`, undefined, 'logs: {}');
  for (const rule of ['schedule-contradiction', 'incremental-impossible', 'pitr-base', 'retention-logs']) {
    assert.deepEqual(lintHits(usual, rule), [], rule);
  }
});

test('retention-floor: the vault counts where the system says nothing, and the one that keeps longest', () => {
  const plan = withLines(full).replace(
    'away: { location: ./away }',
    'away: { location: ./away, retention: { daily: 7 } }',
  );
  assert.deepEqual(lintHits(plan, 'retention-floor'), []);
  const both = plan.replace(
    'here: { location: ./here }',
    'here: { location: ./here, retention: { daily: 14 } }',
  );
  const [finding] = lintHits(both, 'retention-floor');
  assert.equal(finding?.path, 'vaults.here.retention');
  assert.match(finding?.message ?? '', /kept for 14 days \(daily: 14\), 16 days less/);
});

test('retention-floor: what lies in the archive counts from the move on', () => {
  const keeps = (retention: string) =>
    lintHits(withLines(full, undefined, `retention: { ${retention} }`), 'retention-floor');
  assert.deepEqual(keeps('within: 7 days, archive: { after: 7 days, keep_for: 23 days }'), []);
  assert.match(
    keeps('within: 7 days, archive: { after: 7 days, keep_for: 20 days }')[0]?.message ?? '',
    /kept for 27 days \(with the archive\), 3 days less/,
  );
});

const steps = 'runbooks: { bring-back: { steps: [{ do: restore, systems: [db] }] } }\n';

test('pitr-procedure: the runbook must apply what the RPO rests on', () => {
  const plan = `${withLines(full, undefined, 'logs: {}')}${steps}`;
  const [finding, ...others] = lintHits(plan, 'pitr-procedure');
  assert.deepEqual(others, []);
  assert.deepEqual([finding?.severity, finding?.path], ['error', 'runbooks.bring-back.steps[0]']);
  assert.match(
    finding?.message ?? '',
    /without applying its log: .* worst case 1 day, more than the RPO of 6 h$/,
  );
  const applied = plan.replace('systems: [db] }]', 'systems: [db] }, { do: apply-logs, systems: [db] }]');
  assert.deepEqual(lintHits(applied, 'pitr-procedure'), []);
  const relaxed = plan.replace('rpo: 6 h', 'rpo: 2 days');
  assert.equal(lintHits(relaxed, 'pitr-procedure')[0]?.severity, 'warning');
});

test('pitr-procedure: the runbook of the system counts, with all that it calls', () => {
  const plan = `${withLines(full, undefined, 'logs: {}\n    runbook: all')}runbooks:
  all: { steps: [{ do: run-runbook, runbook: bring-back }] }
  bring-back: { systems: [db], steps: [{ do: restore }, { do: apply-logs }] }
  other: { steps: [{ do: restore, systems: [db] }] }
`;
  assert.deepEqual(lintHits(plan, 'pitr-procedure'), []);
  const [finding] = lintHits(plan.replace(', { do: apply-logs }', ''), 'pitr-procedure');
  assert.equal(finding?.path, 'systems.db.runbook');
});
