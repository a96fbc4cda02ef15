import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintHits, testCauses } from '../../../test/support/lint-hits.ts';

const source = 'source: { kind: files, paths: [./x] }, checks: [files]';
const bucket = (fields: string) =>
  `vaults: { store: { location: "s3://b/x"${fields === '' ? '' : `, ${fields}`} } }\n`;
const move = (days: number) => `transition: { after: ${days} days, storage_class: GLACIER }`;
const music = (fields: string) => `systems: { music: { ${source}, schedule: daily, ${fields} } }\n`;
const archived = music('retention: { within: 30 days, archive: { after: 30 days, keep_for: 90 days } }');
const personal = 'data_classes: { people: { personal: true } }\n';
const gdpr =
  'compliance: { frameworks: { gdpr: { name: GDPR, controls: { forget: { requires: Forgotten., shown_by: [erasure] } } } } }\n';

testCauses([
  {
    name: 'nothing can be read before it was thawed',
    rule: 'cold-only',
    plan: bucket('storage_class: GLACIER') + music(''),
    cause: 'storage_class: GLACIER',
    cure: 'storage_class: STANDARD_IA',
    says: /^music can be restored only after a thaw: store is in an archive class$/,
  },
  {
    name: 'the archive holds for the difference of both days',
    rule: 'lifecycle-arithmetic',
    plan: bucket(`lifecycle: [{ ${move(30)}, expire_after: 90 days }]`) + archived,
    cause: 'expire_after: 90 days',
    cure: 'expire_after: 120 days',
    says: /^90 − 30 = 60 days in GLACIER, but the retention of music promises 90 days there: 30 days too few$/,
    severity: 'error',
    path: 'vaults.store.lifecycle[0].expire_after',
  },
  {
    name: 'objects are deleted before they move',
    rule: 'lifecycle-arithmetic',
    plan: bucket(`lifecycle: [{ ${move(30)}, expire_after: 20 days }]`) + music(''),
    cause: 'expire_after: 20 days',
    cure: 'expire_after: 120 days',
    says: /deleted after 20 days and would move to GLACIER after 30 days/,
  },
  {
    name: 'current objects expire',
    rule: 'lifecycle-arithmetic',
    plan:
      bucket('lifecycle: [{ applies_to: current, expire_after: 30 days }]') +
      music('retention: { daily: 90 }'),
    cause: 'applies_to: current',
    cure: 'applies_to: noncurrent',
    says: /deleted 30 days after they were written.*the retention of music promises 90 days$/,
  },
  {
    name: 'keys and index become cold',
    rule: 'lifecycle-arithmetic',
    plan: bucket(`lifecycle: [{ applies_to: current, prefix: x/, ${move(30)} }]`) + music(''),
    cause: 'prefix: x/',
    cure: 'prefix: y/',
    says: /^the rule moves keys, the index and the folders of backups to GLACIER as well/,
    severity: 'error',
  },
  {
    name: 'folders become cold',
    rule: 'lifecycle-arithmetic',
    plan: bucket(`lifecycle: [{ applies_to: current, prefix: x/data/, ${move(30)} }]`) + music(''),
    cause: 'GLACIER',
    cure: 'GLACIER_IR',
    says: /^the rule moves the folders of backups, which lie beside their data, to GLACIER as well/,
    severity: 'warning',
  },
  {
    name: 'versions go before the time that nothing can be deleted is over',
    rule: 'lifecycle-arithmetic',
    plan:
      bucket('immutability: { mode: compliance, for: 60 days }, lifecycle: [{ expire_after: 40 days }]') +
      music(''),
    cause: 'expire_after: 40 days',
    cure: 'expire_after: 60 days',
    says: /deleted 40 days after they were replaced or deleted, and the vault is immutable for 60 days$/,
    severity: 'error',
  },
  {
    name: 'the store moves nothing so early',
    rule: 'lifecycle-arithmetic',
    plan: bucket('lifecycle: [{ transition: { after: 7 days, storage_class: STANDARD_IA } }]') + music(''),
    cause: 'after: 7 days',
    cure: 'after: 30 days',
    says: /^S3 moves nothing to STANDARD_IA before 30 days, and the rule says 7 days$/,
    severity: 'error',
  },
  {
    name: 'less than what the class bills, as a note',
    rule: 'lifecycle-arithmetic',
    plan: bucket(`lifecycle: [{ ${move(30)}, expire_after: 90 days }]`) + music(''),
    cause: 'expire_after: 90 days',
    cure: 'expire_after: 120 days',
    says: /GLACIER bills at least 90 days; objects lie there for 90 − 30 = 60 days/,
    severity: 'info',
  },
  {
    name: 'a floor above the ceiling',
    rule: 'retention-upper-bound',
    plan: `${bucket('')}objectives: { keep_at_least: 90 days }
systems: { a: { ${source}, schedule: daily, objectives: { keep_at_most: 30 days } } }`,
    cause: 'keep_at_most: 30 days',
    cure: 'keep_at_most: 90 days',
    says: /^points of a must be gone after 30 days, but it must be possible to return 90 days: 60 days more$/,
    severity: 'error',
    path: 'systems.a.objectives.keep_at_most',
  },
  {
    name: 'a floor only, of data of which nobody says what it is',
    rule: 'retention-upper-bound',
    plan: `${bucket('')}systems: { a: { ${source}, schedule: daily, objectives: { keep_at_least: 30 days } } }`,
    cause: 'keep_at_least: 30 days',
    cure: 'keep_at_least: 30 days, keep_at_most: 400 days',
    says: /a has a floor of 30 days and no ceiling, so its points are kept for ever, and nobody says whether they may be/,
    severity: 'warning',
  },
  {
    name: 'personal data with a floor only',
    rule: 'retention-upper-bound',
    plan: `${bucket('')}${personal}systems: { a: { ${source}, schedule: daily, data_classes: [people], objectives: { keep_at_least: 30 days } } }`,
    cause: 'keep_at_least: 30 days',
    cure: 'keep_at_least: 30 days, keep_at_most: 400 days',
    says: /a has a floor of 30 days and no ceiling, so its points are kept for ever, but the personal data of people/,
    severity: 'warning',
    path: 'systems.a.objectives.keep_at_least',
  },
  {
    name: 'a framework demands erasure and nothing is ever removed',
    rule: 'retention-upper-bound',
    plan: bucket('') + gdpr + music(''),
    cause: 'schedule: daily,',
    cure: 'schedule: daily, retention: { daily: 30 },',
    says: /music has no retention, so its points are kept for ever, but GDPR \(forget\)/,
  },
  {
    name: 'a lock that is longer than erasure allows',
    rule: 'retention-upper-bound',
    plan: `${bucket('immutability: { mode: compliance, for: 365 days }')}${gdpr.replace('compliance: {', 'compliance: { erasure: { method: age-out, within: 90 days, reapplied: true },')}${music('retention: { daily: 30 }')}`,
    cause: 'for: 365 days',
    cure: 'for: 90 days',
    says: /nothing in store can be deleted for 365 days, but points of music must be gone after 90 days \(the time for erasure\): 275 days too long/,
    severity: 'error',
  },
  {
    name: 'a retention that is longer than keep_at_most',
    rule: 'retention-upper-bound',
    plan: bucket('') + music('objectives: { keep_at_most: 90 days }, retention: { monthly: 12 }'),
    cause: 'monthly: 12',
    cure: 'monthly: 3',
    says: /keeps points for 360 days, 270 days longer than keep_at_most of music of 90 days allows/,
    severity: 'error',
  },
  {
    name: 'erasure is demanded and has no answer',
    rule: 'erasure-answer',
    plan: bucket('') + gdpr + music('retention: { daily: 30 }'),
    cause: 'compliance: {',
    cure: 'compliance: { erasure: { method: age-out, within: 90 days, reapplied: true },',
    says: /GDPR \(forget\) demands erasure/,
    path: 'compliance.frameworks.gdpr.controls.forget',
  },
  {
    name: 'a restore brings back what was erased',
    rule: 'erasure-answer',
    plan: `${bucket('')}compliance: { erasure: { method: age-out, within: 90 days } }\n${music('')}`,
    cause: 'within: 90 days',
    cure: 'within: 90 days, reapplied: true',
    says: /brings back what was erased/,
  },
  {
    name: 'a replica is the only copy in ransomware',
    rule: 'replica-is-no-backup',
    plan: `vaults: { here: { location: /a, immutability: { mode: offline } } }
sites: { east: { role: primary }, west: { role: standby } }
systems: { art: { source: { kind: s3, bucket: art }, checks: [{ kind: object_count }], replication: [{ to: west, kind: objects }] } }
scenarios: { locked: { kind: ransomware } }`,
    cause: 'replication:',
    cure: 'schedule: daily, replication:',
    says: /in locked the only other copy of art is a replica, which repeats deletions/,
    severity: 'error',
    path: 'scenarios.locked',
  },
  {
    name: 'a sync without versions is no backup against corruption',
    rule: 'replica-is-no-backup',
    plan: `${bucket('')}systems: { art: { ${source}, backups: { all: { kind: sync, schedule: hourly } } } }
scenarios: { damaged: { kind: data-corruption } }`,
    cause: 's3://b/x"',
    cure: 's3://b/x", versioning: true',
    says: /the only other copy of art is a sync without versions/,
  },
  {
    name: 'ransomware is answered by moving to the copy that follows',
    rule: 'replica-is-no-backup',
    plan: `vaults: { here: { location: /a, immutability: { mode: offline } } }
sites: { east: { role: primary }, west: { role: standby } }
systems: { art: { ${source}, schedule: daily, replication: [{ to: west, kind: objects }] } }
failovers: { move: { from: east, to: west } }
scenarios: { locked: { kind: ransomware, response: fail-over, failover: move } }`,
    cause: 'response: fail-over, failover: move',
    cure: 'response: restore',
    says: /^locked is answered by a failover, and the other side of art has repeated the damage/,
    severity: 'error',
    path: 'scenarios.locked.response',
  },
  {
    name: 'every vault can be emptied',
    rule: 'replica-is-no-backup',
    plan: `${bucket('versioning: true')}${music('')}scenarios: { locked: { kind: ransomware } }`,
    cause: 'versioning: true',
    cure: 'immutability: { mode: compliance, for: 30 days }',
    says: /every vault of music can be emptied by whoever can write there: 0 of 1 \(store\)/,
  },
  {
    name: 'a critical system has no immutable copy',
    rule: 'three-two-one',
    plan: `vaults: { here: { location: /a }, away: { location: "s3://b/x", off_site: true } }
systems: { a: { ${source}, tier: critical, schedule: daily } }
scenarios: { locked: { kind: ransomware } }`,
    cause: 'off_site: true',
    cure: 'off_site: true, immutability: { mode: governance }',
    says: /a has 3 of 3 copies \(itself and 2 vaults\), 2 of 2 media, 1 of 1 elsewhere, 0 of 1 immutable, checked after restore/,
    severity: 'warning',
  },
]);

test('the longer expiry is offered only where nothing says that data must go', () => {
  const store = bucket(`lifecycle: [{ ${move(30)}, expire_after: 90 days }]`);
  assert.deepEqual(lintHits(store + archived, 'lifecycle-arithmetic')[0]?.edits, [
    { kind: 'set', at: ['vaults', 'store', 'lifecycle', 0, 'expire_after'], value: '120 days' },
  ]);
  const limited = archived.replace('archive:', 'at_most: 1 year, archive:');
  assert.equal(lintHits(store + limited, 'lifecycle-arithmetic')[0]?.edits, undefined);
});

test('what another system in the same vault keeps is not held against one that has no retention', () => {
  const two = `${bucket('')}systems:
  a: { ${source}, schedule: daily, retention: { yearly: 7 } }
  b: { ${source}, schedule: daily, objectives: { keep_at_most: 90 days } }
`;
  assert.deepEqual(lintHits(two, 'retention-upper-bound'), []);
  const own = two.replace('"s3://b/x"', '"s3://b/x", retention: { monthly: 12 }');
  assert.match(lintHits(own, 'retention-upper-bound')[0]?.message ?? '', /^b keeps points for 360 days/);
  const endless = two.replace('"s3://b/x"', '"s3://b/x", retention: { monthly: -1 }');
  const [hit] = lintHits(endless, 'retention-upper-bound');
  assert.match(hit?.message ?? '', /^b keeps points without an end, and keep_at_most of b allows \d+ days$/);
});

test('a log without a backup to begin at does not make a replica a backup', () => {
  const plan = `vaults: { here: { location: /a } }
sites: { east: { role: primary }, west: { role: standby } }
systems: { db: { source: { kind: sqlite, path: x }, checks: [integrity], logs: { max_lag: 1 min }, replication: [{ to: west, kind: database }] } }
scenarios: { damaged: { kind: data-corruption } }`;
  assert.equal(lintHits(plan, 'replica-is-no-backup').length, 1);
  assert.deepEqual(lintHits(plan.replace('logs:', 'schedule: daily, logs:'), 'replica-is-no-backup'), []);
});

test('the live data counts as a copy and as a medium', () => {
  const two = (
    live: string,
  ) => `vaults: { a: { location: "s3://a/x", medium: object-store }, b: { location: "s3://b/x", off_site: true } }
systems: { a: { source: ${live}, checks: [{ kind: object_count }], tier: critical, schedule: daily } }`;
  assert.match(lintHits(two('{ kind: s3, bucket: x }'), 'three-two-one')[0]?.message ?? '', /1 of 2 media/);
  const disk = two('{ kind: files, paths: [x] }').replace('{ kind: object_count }', 'files');
  assert.deepEqual(lintHits(disk, 'three-two-one'), []);
});

test('sensible plans are left alone', () => {
  const rules = [
    'lifecycle-arithmetic',
    'retention-upper-bound',
    'erasure-answer',
    'replica-is-no-backup',
    'three-two-one',
  ];
  const plans = [
    bucket('') + music(''),
    `${bucket(`off_site: true, lifecycle: [{ ${move(30)} }]`)}${personal}systems: { a: { ${source}, schedule: daily, data_classes: [people], retention: { daily: 7, monthly: 12 } } }`,
    `${bucket('')}${gdpr}${personal}compliance_free: 0`
      .replace(gdpr, '')
      .replace('compliance_free: 0', music('')),
    `${bucket('medium: object-store')}${music('')}scenarios: { fire: { kind: site-loss } }`,
    `${bucket('access: { delete_by: [] }')}${music('')}scenarios: { locked: { kind: ransomware } }`,
  ];
  for (const plan of plans)
    for (const rule of rules) assert.deepEqual(lintHits(plan, rule), [], `${rule}: ${plan}`);
});

test('a line that keeps its points for less than one interval keeps nothing', () => {
  const plan = (keep: string) => `vaults: { here: { location: /a } }
systems: { a: { ${source}, backups: { often: { kind: full, schedule: hourly, retention: { ${keep} } } } } }`;
  const [hit] = lintHits(plan('within: 10 min'), 'retention-gap');
  assert.match(hit?.message ?? '', /^points of often of a are kept for 10 min, but up to 1 h pass/);
  assert.equal(hit?.path, 'systems.a.backups.often.retention.within');
  assert.match(
    lintHits(plan('hourly: 0'), 'retention-gap')[0]?.message ?? '',
    /^no recovery point of often of a/,
  );
  assert.deepEqual(lintHits(plan('within: 2 h'), 'retention-gap'), []);
});
