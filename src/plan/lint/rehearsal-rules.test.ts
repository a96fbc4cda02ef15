import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintHits, testCauses } from '../../../test/support/lint-hits.ts';

const base = `vaults: { here: { location: /a } }
systems: { db: { source: { kind: sqlite, path: x }, checks: [integrity], schedule: hourly, objectives: { rto: 1 h } } }
runbooks: { fix: { steps: [{ do: restore }] } }
scenarios: { damaged: { kind: data-corruption, runbooks: [fix] } }
`;
const drills = (fields: string) => `${base}drills: { monthly: { ${fields} } }\n`;
const control = (shownBy: string) =>
  `compliance: { frameworks: { soc: { controls: { c: { requires: Something., shown_by: [${shownBy}] } } } } }\n`;
const plain = 'vaults: { here: { location: /a } }\nsystems: { a: {} }\n';

testCauses([
  {
    name: 'a scenario that no drill rehearses',
    rule: 'drill-coverage',
    plan: drills('kind: restore, every: monthly, runbooks: [fix]').replace(
      'runbooks: [fix] } }\ndrills',
      'runbooks: [fix] }, gone: { kind: total-loss } }\ndrills',
    ),
    cause: 'drills: {',
    cure: 'drills: { yearly: { kind: full, every: annually, scenario: gone },',
    says: /1 of 2 scenarios is rehearsed by no drill: gone/,
    severity: 'warning',
    path: 'scenarios.gone',
  },
  {
    name: 'scenarios and no drill at all',
    rule: 'drill-coverage',
    plan: base,
    cause: 'scenarios:',
    cure: 'drills: { full: { kind: full, every: monthly } }\nscenarios:',
    says: /^the plan has no drill, so nothing rehearses \w+$/,
  },
  {
    name: 'a runbook that nobody tries',
    rule: 'drill-coverage',
    plan: drills('kind: restore, every: monthly, scenario: damaged').replace(
      'steps: [{ do: restore }] } }',
      'steps: [{ do: restore }] }, other: { steps: [{ do: restore }] } }',
    ),
    cause: 'other: {',
    cure: 'other: { tested: quarterly,',
    says: /no drill tries other/,
    path: 'runbooks.other',
  },
  {
    name: 'a drill that comes too rarely',
    rule: 'drill-coverage',
    plan: drills('kind: full, every: quarterly').replace('rto: 1 h', 'rto: 1 h, drill_age: 31 days'),
    cause: 'every: quarterly',
    cure: 'every: monthly',
    says: /comes quarterly, up to 92 days apart, but the last drill of db may be 31 days old: 61 days too rare/,
    path: 'drills.monthly.every',
  },
  {
    name: 'no drill measures the time',
    rule: 'drill-coverage',
    plan: drills('kind: full, every: monthly, measures: [integrity]'),
    cause: '[integrity] } }\n',
    cure: '[rto] } }\n',
    says: /none of the 1 drills measures how long a recovery takes/,
  },
  {
    name: 'an audit of drills that nobody holds',
    rule: 'audit-coverage',
    plan: `${plain}compliance: { audits: { yearly: { what: full-drill, every: annually } } }`,
    cause: 'compliance:',
    cure: 'drills: { full: { kind: full, every: quarterly } }\ncompliance:',
    says: /yearly looks at full-drill, but no drill or proof makes any/,
    path: 'compliance.audits.yearly',
  },
  {
    name: 'an audit that looks more often than there is something to see',
    rule: 'audit-coverage',
    plan: `${plain}drills: { restore: { kind: restore, every: annually } }
compliance: { audits: { tests: { what: restore-tests, every: quarterly } } }`,
    cause: 'every: annually',
    cure: 'every: monthly',
    says: /looks quarterly, up to 92 days apart, but the drill restore comes every 366 days/,
  },
  {
    name: 'an audit of access that is not recorded',
    rule: 'audit-coverage',
    plan: `${plain}compliance: { audit_log: { events: [backups], keep: 7 years }, audits: { who: { what: access, every: monthly } } }`,
    cause: '[backups]',
    cure: '[backups, access]',
    says: /the audit log does not record access/,
  },
  ...(
    [
      [
        'encryption',
        'location: /a',
        'location: /a, encryption: { algorithm: none }',
        /here says that it is not encrypted/,
      ],
      [
        'access-control',
        'location: /a, access: { delete_by: [] }',
        'location: /a',
        /1 of 1 vaults say nothing about access/,
      ],
      ['off-site', 'location: /a, off_site: true', 'location: /a', /no vault is off site/],
      [
        'immutability',
        'location: /a, immutability: { mode: offline }',
        'location: /a',
        /no vault is immutable/,
      ],
      [
        'drills',
        'location: /a } }\ndrills: { full: { kind: full, every: monthly',
        'location: /a',
        /the plan has no drill/,
      ],
      [
        'review',
        'location: /a } }\nreview: { every: quarterly, after: [drill] }\nrecords: { keep: 1 year, incident: [what], recovery: [what] }\nvendors: { v: { service: x, phone: "1"',
        'location: /a',
        /no review is declared/,
      ],
    ] as const
  ).map(([kind, good, bad, says]) => ({
    name: `${kind} is shown by nothing`,
    rule: 'control-evidence',
    plan: plain.replace('location: /a', bad) + control(kind),
    cause: bad,
    cure: good,
    says,
  })),
  {
    name: 'an audit log that is not there',
    rule: 'control-evidence',
    plan: plain + control('audit-log'),
    cause: 'compliance: {',
    cure: 'compliance: { audit_log: { events: [backups], keep: 7 years },',
    says: /soc.c is to be shown by audit-log, but no audit log is declared/,
  },
]);

test('plans without scenarios, drills or audits are left alone', () => {
  for (const rule of ['drill-coverage', 'audit-coverage', 'control-evidence']) {
    assert.deepEqual(lintHits(plain, rule), []);
    const sensible = drills('kind: full, every: monthly').replace('rto: 1 h', 'rto: 1 h, drill_age: 92 days');
    assert.deepEqual(lintHits(sensible + control('drills, restore-tests, documentation'), rule), []);
  }
});
