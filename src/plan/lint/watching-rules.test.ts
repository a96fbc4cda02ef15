import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintHits, testCauses } from '../../../test/support/lint-hits.ts';

const db = 'source: { kind: sqlite, path: x.db }, checks: [integrity]';
const vaults = 'vaults: { here: { location: /a }, away: { location: /b, off_site: true } }\n';
const mail = 'channels: { mail: { kind: email, to: a@example.org } }\n';
const daily = `${vaults}${mail}systems: { db: { ${db}, schedule: "daily at 02:00", objectives: { rpo: 30 h } } }\n`;
const ageAlert = (above: string) =>
  `alerts: { age: { when: backup-age, above: ${above}, channels: [mail] } }\n`;
const run = { captureDurationsMs: { db: 720_000 } };

testCauses([
  {
    name: 'a threshold below the normal age cries every day, with the arithmetic',
    rule: 'alert-threshold',
    facts: run,
    plan: daily + ageAlert('24 h'),
    cause: 'above: 24 h',
    cure: 'above: 25 h',
    says: /^db is daily at 02:00 UTC: the age reaches 24 h \+ 12 min before each run ends, so an alert above 24 h is raised although all is well$/,
    severity: 'warning',
    path: 'alerts.age.above',
  },
  {
    name: 'a threshold that is exactly the gap is reached by every run that takes time',
    rule: 'alert-threshold',
    plan: daily + ageAlert('24 h'),
    cause: ', above: 24 h',
    cure: '',
    says: /24 h and what a run takes before each run ends/,
  },
  {
    name: 'a threshold above the RPO speaks too late',
    rule: 'alert-threshold',
    plan: daily + ageAlert('31 h'),
    cause: 'above: 31 h',
    cure: 'above: 30 h',
    says: /RPO of db is 30 h, an alert above 31 h is raised 1 h after it is broken/,
  },
  {
    name: 'a lag alert below the lag that is allowed',
    rule: 'alert-threshold',
    plan: `${vaults}${mail}systems: { db: { ${db}, schedule: hourly, logs: { max_lag: 5 min } } }
alerts: { lag: { when: log-lag, above: 2 min, channels: [mail] } }`,
    cause: 'above: 2 min',
    cure: 'above: 5 min',
    says: /log may be 5 min behind, so an alert above 2 min/,
  },
  {
    name: 'a lag alert above the RPO',
    rule: 'alert-threshold',
    plan: `${vaults}${mail}sites: { a: { role: primary }, b: { role: standby } }
systems: { db: { ${db}, schedule: hourly, objectives: { rpo: 10 min }, replication: [{ to: b, kind: database }] } }
alerts: { lag: { when: replication-lag, above: 20 min, channels: [mail] } }`,
    cause: 'above: 20 min',
    cure: 'above: 10 min',
    says: /RPO of db is 10 min, an alert above 20 min is raised 10 min after it is broken \(2 times the RPO\)/,
  },
  {
    name: 'measures without a condition are ignored by healthy',
    rule: 'health-probe',
    plan: `${daily}probes: { health: { kind: backup-health, measures: [last-database-backup, storage-usage],
 healthy: [{ measure: last-database-backup, at_most: 26 h }] } }`,
    cause: 'at_most: 26 h }',
    cure: 'at_most: 26 h }, { measure: storage-usage, share_at_most: 80% }',
    says: /looks at 1 of 2 measures and ignores storage-usage/,
    severity: 'warning',
  },
  {
    name: 'a time is held against a duration',
    rule: 'health-probe',
    plan: `${daily}probes: { health: { kind: backup-health, healthy: [{ measure: last-database-backup, as: time, at_most: 26 h }] } }`,
    cause: 'as: time',
    cure: 'as: age',
    says: /read as a time, milliseconds since 1970, and held against 26 h, a duration/,
    severity: 'error',
    path: 'probes.health.healthy[0].as',
  },
  {
    name: 'a condition is weaker than the RPO',
    rule: 'health-probe',
    plan: `${daily}probes: { health: { kind: backup-health, healthy: [{ measure: last-database-backup, at_most: 36 h }] } }`,
    cause: 'at_most: 36 h',
    cure: 'at_most: 30 h',
    says: /well up to 36 h, but the RPO of db is 30 h: for 6 h the probe is green/,
  },
  {
    name: 'a condition is narrower than the normal age',
    rule: 'health-probe',
    plan: `${daily}probes: { health: { kind: backup-health, healthy: [{ measure: last-database-backup, at_most: 24 h }] } }`,
    cause: 'at_most: 24 h',
    cure: 'at_most: 25 h',
    says: /the limit of 24 h is passed although all is well/,
  },
  {
    name: 'a condition has no limit',
    rule: 'health-probe',
    plan: `${daily}probes: { health: { kind: backup-health, healthy: [{ measure: log-lag }] } }`,
    cause: '{ measure: log-lag }',
    cure: '{ measure: log-lag, at_most: 5 min }',
    says: /log-lag has no limit/,
  },
  {
    name: 'a share is limited by a duration',
    rule: 'health-probe',
    plan: `${daily}probes: { health: { kind: backup-health, healthy: [{ measure: storage-usage, at_most: 24 h }] } }`,
    cause: 'at_most: 24 h',
    cure: 'share_at_most: 80%',
    says: /storage-usage is a share/,
    severity: 'error',
  },
]);

test('one alert may be both too early and too late, and taking the threshold out ends both', () => {
  const hourly = daily.replace('rpo: 30 h', 'rpo: 1 h');
  const found = lintHits(hourly + ageAlert('24 h'), 'alert-threshold', run);
  assert.deepEqual(
    found.map(({ message }) => message.includes('24 times the RPO')),
    [false, true],
  );
  assert.deepEqual(found[0]?.edits, [{ kind: 'remove', at: ['alerts', 'age', 'above'] }]);
  assert.match(found[0]?.suggestion ?? '', /no threshold fits db/);
  assert.deepEqual(
    lintHits(hourly + ageAlert('24 h').replace(' above: 24 h,', ''), 'alert-threshold', run),
    [],
  );
});

test('where the log is watched, the age of a full backup is no loss', () => {
  const logged = daily
    .replace('rpo: 30 h', 'rpo: 1 h')
    .replace('schedule:', 'logs: { max_lag: 5 min }, schedule:');
  const alerts = `alerts: { age: { when: backup-age, above: 26 h, channels: [mail] }, lag: { when: log-lag, channels: [mail] } }`;
  assert.deepEqual(lintHits(logged + alerts, 'alert-threshold'), []);
  assert.equal(lintHits(logged + ageAlert('26 h'), 'alert-threshold').length, 1);
});

test('alerts on systems that run only on an event, and on sizes, have no normal age', () => {
  const event = daily.replace('"daily at 02:00"', 'on deploy');
  assert.deepEqual(lintHits(event + ageAlert('1 min'), 'alert-threshold'), []);
  const size = `alerts: { full: { when: storage-usage, above: 1 min, channels: [mail] } }`;
  assert.deepEqual(lintHits(daily + size, 'alert-threshold'), []);
});

test('where the RPO rests on the log, the age of backups is not blamed on their schedule', () => {
  const plan = daily.replace('schedule:', 'logs: { max_lag: 1 min }, schedule:').replace('30 h', '5 min');
  const [hit] = lintHits(plan + ageAlert('23 h'), 'alert-threshold', run);
  assert.match(hit?.suggestion ?? '', /^the RPO of db rests on its log: .* lie above 24 h 12 min$/);
});
