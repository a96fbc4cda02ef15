import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintHits, testCauses } from '../../../test/support/lint-hits.ts';

const uploads = (fields: string) =>
  `systems: { uploads: { source: { kind: files, paths: [./x] }, checks: [files], schedule: daily, vaults: [here, away]${fields} } }\n`;
const vaults = (away: string, more = '') =>
  `vaults: { here: { location: /a }, away: { location: "s3://b/x", role: secondary${away} }${more} }\n`;
const keeper = (fields: string) => `profiles: { keeper: { vaults: { away: { ${fields} } } } }\n`;
const gibibyte = 2 ** 30;

testCauses([
  {
    name: 'a retention that nobody carries out',
    rule: 'never-pruned',
    plan: vaults(', append_only: true, retention: { daily: 7 }') + uploads(''),
    cause: 'append_only: true',
    cure: 'append_only: false',
    says: /^away has a retention and is append-only, and the plan does not say who prunes it, so it only grows$/,
    severity: 'warning',
    path: 'vaults.away.append_only',
  },
  {
    name: 'a profile for the machine that prunes',
    rule: 'never-pruned',
    plan: vaults(', append_only: true, retention: { daily: 7 }') + uploads('') + keeper('append_only: true'),
    cause: '{ append_only: true }',
    cure: '{ append_only: false }',
    says: /only grows/,
  },
  {
    name: 'the retention of a system holds there too',
    rule: 'never-pruned',
    plan: vaults(', append_only: true') + uploads(', retention: { daily: 7 }'),
    cause: ', retention: { daily: 7 }',
    cure: '',
    says: /only grows/,
  },
  {
    name: 'somebody who may delete is named',
    rule: 'never-pruned',
    plan:
      vaults(', append_only: true, retention: { daily: 7 }, access: { logged: true }') +
      uploads('') +
      'contacts: { jane: { name: Jane, email: jane@example.org } }\n',
    cause: 'logged: true',
    cure: 'delete_by: [jane]',
    says: /only grows/,
  },
  {
    name: 'a lock that is longer than points are kept',
    rule: 'lock-outlives-retention',
    plan: vaults(', immutability: { mode: governance, for: 30 days }, retention: { daily: 7 }') + uploads(''),
    cause: 'daily: 7',
    cure: 'daily: 30',
    says: /^nothing in away can be deleted for 30 days, and the retention of away keeps points for 7 days: what it gives up is paid for at least 23 days longer$/,
    severity: 'warning',
    path: 'vaults.away.immutability.for',
  },
  {
    name: 'the retention of the system goes before that of the vault',
    rule: 'lock-outlives-retention',
    plan:
      vaults(', immutability: { mode: compliance, for: 30 days }, retention: { daily: 60 }') +
      uploads(', retention: { within: 10 days }'),
    cause: ', retention: { within: 10 days }',
    cure: '',
    says: /the retention of uploads keeps points for 10 days: what it gives up is paid for at least 20 days longer/,
  },
  {
    name: 'a medium that is not connected locks nothing',
    rule: 'lock-outlives-retention',
    plan: vaults(', immutability: { mode: governance, for: 30 days }, retention: { daily: 7 }') + uploads(''),
    cause: 'mode: governance',
    cure: 'mode: offline',
    says: /23 days longer/,
  },
  {
    name: 'copies were measured to take longer',
    rule: 'copy-too-late',
    facts: {
      measured: {
        uploads: { copyMs: { away: { value: 1_200_400, from: 'measured: 9 runs since 2026-10-01' } } },
      },
    },
    plan: vaults(', copy_within: 15 min') + uploads(''),
    cause: 'copy_within: 15 min',
    cure: 'copy_within: 30 min',
    says: /^the copy of uploads into away takes 20 min \(measured: 9 runs since 2026-10-01\), and copy_within is 15 min$/,
    severity: 'warning',
    path: 'vaults.away.copy_within',
  },
  {
    name: 'copies are estimated to take longer',
    rule: 'copy-too-late',
    plan: vaults(', copy_within: 15 min') + uploads(', estimates: { copy: 40 min }'),
    cause: 'copy: 40 min',
    cure: 'copy: 4 min',
    says: /takes 40 min \(as estimated\), and copy_within is 15 min/,
    severity: 'info',
  },
  {
    name: 'a copy of a copy is asked for before the copy',
    rule: 'copy-too-late',
    plan:
      vaults(
        ', copy_within: 1 h',
        ', deep: { location: "s3://c/x", role: archive, filled_by: away, copy_within: 10 min }',
      ) + uploads(''),
    cause: 'copy_within: 10 min',
    cure: 'copy_within: 2 h',
    says: /^deep must have points within 10 min, and is filled from away, which may have them after 1 h$/,
    path: 'vaults.deep.copy_within',
  },
  {
    name: 'what is stored does not fit through the limit in time',
    rule: 'reread-too-slow',
    facts: { vaultBytes: { away: { value: 2 ** 40, from: 'measured: 1 run since 2026-10-01' } } },
    plan: vaults(', reread_within: 10 days, limits: { download: 1 MiB }') + uploads(''),
    cause: 'download: 1 MiB',
    cure: 'download: 2 MiB',
    says: /^1 TiB in away \(measured: 1 run since 2026-10-01\) at 1 MiB a second take 12 days 4 h, longer than the 10 days in which/,
    severity: 'warning',
    path: 'vaults.away.reread_within',
  },
  {
    name: 'what it may grow to does not fit in the usual time',
    rule: 'reread-too-slow',
    plan: vaults(', size_max: 4 TiB, limits: { download: 1 MiB }') + uploads(''),
    cause: 'size_max: 4 TiB',
    cure: 'size_max: 2 TiB',
    says: /its size_max.*longer than the 30 days/,
    path: 'vaults.away.limits.download',
  },
]);

test('reread-too-slow: of a vault whose size is not known nothing is said', () => {
  const plan = vaults(', reread_within: 1 day, limits: { download: 1 KiB }') + uploads('');
  assert.deepEqual(lintHits(plan, 'reread-too-slow'), []);
  const facts = { vaultBytes: { away: { value: gibibyte, from: 'measured' } } };
  assert.equal(lintHits(plan, 'reread-too-slow', facts).length, 1);
});

test('lock-outlives-retention: several systems under one retention of the vault are one finding', () => {
  const two = uploads('').replace(
    'systems: {',
    'systems: { db: { source: { kind: files, paths: [./y] }, checks: [files], schedule: daily, vaults: [here, away] },',
  );
  const plan = vaults(', immutability: { mode: governance, for: 30 days }, retention: { daily: 7 }') + two;
  assert.equal(lintHits(plan, 'lock-outlives-retention').length, 1);
  const all = plan.replace(', retention: { daily: 7 }', '');
  assert.deepEqual(lintHits(all, 'lock-outlives-retention'), []);
});
