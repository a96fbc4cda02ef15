/** Rules on runbooks: each finds its cause once, says nothing when the cause is gone, and leaves sensible plans alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arbitraryPlan } from '../../../test/support/arbitrary-plan.ts';
import { planHead, testCauses } from '../../../test/support/lint-hits.ts';
import { parsePlan } from '../parse-plan.ts';
import { breachOrder } from './breach-order.ts';
import { lintPlan } from './lint-plan.ts';
import { lintRules } from './rules.ts';

const base = `vaults: { here: { location: /a }, away: { location: /b, off_site: true } }
systems:
  db: { source: { kind: sqlite, path: x.db } }
  api: { depends_on: [db] }
`;

/** A runbook named `book` with these steps. */
function book(...steps: readonly string[]): string {
  return `${base}runbooks:\n  book:\n    steps:\n${steps.map((step) => `      - ${step}\n`).join('')}`;
}

function scenario(kind: string): string {
  return `scenarios: { bad: { kind: ${kind}, runbooks: [book] } }\n`;
}

const replicated = `sites: { east: { role: primary }, west: { role: standby } }\n`;
const restore = '{ do: restore, systems: [db], to: production }';
const staged = ['{ do: restore, systems: [db] }', '{ do: check }', '{ do: move-into-place, systems: [db] }'];

testCauses([
  {
    name: 'replication goes on while damage is repaired',
    rule: 'spread-not-paused',
    plan:
      book('{ do: assess }', '{ do: restore, systems: [db] }', '{ do: resume, what: [replication] }').replace(
        'path: x.db }',
        'path: x.db }, replication: [{ to: west, kind: database, pause: ./pause }]',
      ) +
      replicated +
      scenario('data-corruption'),
    cause: '{ do: assess }',
    cure: '{ do: pause, what: [replication] }',
    says: /^in bad nothing pauses the replication of db to west before the restore of db$/,
    severity: 'warning',
    path: 'runbooks.book.steps[1]',
  },
  {
    name: 'a continuous sync goes on after ransomware',
    rule: 'spread-not-paused',
    plan:
      book('{ do: assess }', '{ do: restore }', '{ do: resume, what: [sync] }').replace(
        'path: x.db }',
        'path: x.db }, backups: { live: { kind: sync, schedule: continuous } }',
      ) + scenario('ransomware'),
    cause: '{ do: assess }',
    cure: '{ do: pause, what: [sync] }',
    says: /^in bad nothing pauses the continuous sync of db before the restore$/,
  },
  {
    name: 'what is paused is never resumed',
    rule: 'spread-not-paused',
    plan: book('{ do: pause, what: [schedules] }', '{ do: assess }'),
    cause: '{ do: assess }',
    cure: '{ do: resume, what: [schedules] }',
    says: /^schedules is paused, and no later step starts it again$/,
  },
  {
    name: 'nothing says how the replication is paused',
    rule: 'spread-not-paused',
    plan:
      book('{ do: pause, what: [replication] }', '{ do: resume, what: [replication] }').replace(
        'path: x.db }',
        'path: x.db }, replication: [{ to: west, kind: database }]',
      ) + replicated,
    cause: 'kind: database }',
    cure: 'kind: database, pause: ./pause.sh }',
    says: /^a runbook pauses the replication of db to west, and nothing says how/,
    path: 'systems.db.replication[0]',
  },
  {
    name: 'a pause of what is not there',
    rule: 'spread-not-paused',
    plan: book('{ do: pause, what: [sync] }', '{ do: resume, what: [sync] }'),
    cause: /\[sync\]/g,
    cure: '[schedules]',
    says: /^the step pauses sync, but the plan knows no sync/,
  },
  {
    name: 'data is restored before the hole is closed',
    rule: 'breach-order',
    plan: book('{ do: preserve-evidence }', restore, '{ do: patch }') + scenario('security-breach'),
    cause: `${restore}\n      - { do: patch }`,
    cure: `{ do: patch }\n      - ${restore}`,
    says: /^data is restored \(restore of db, step 2\) before the hole is patched \(step 3\)/,
    severity: 'error',
  },
  {
    name: 'nothing closes the hole',
    rule: 'breach-order',
    plan: book('{ do: preserve-evidence }', '{ do: assess }', restore) + scenario('security-breach'),
    cause: '{ do: assess }',
    cure: '{ do: rotate-credentials }',
    says: /^the answer to bad restores data, but no step closes the hole/,
  },
  {
    name: 'no evidence is preserved',
    rule: 'breach-order',
    plan: book('{ do: assess }', '{ do: patch }', restore) + scenario('ransomware'),
    cause: '{ do: assess }',
    cure: '{ do: preserve-evidence }',
    says: /^no step preserves evidence before the restore of db \(step 3\) overwrites it$/,
  },
  {
    name: 'evidence is preserved too late',
    rule: 'breach-order',
    plan: book('{ do: patch }', '{ do: preserve-evidence }', restore) + scenario('ransomware'),
    cause: '{ do: patch }\n      - { do: preserve-evidence }',
    cure: '{ do: preserve-evidence }\n      - { do: patch }',
    says: /^evidence is preserved \(step 2\) after patch \(step 1\) has changed it$/,
  },
  {
    name: 'systems are isolated before evidence is preserved',
    rule: 'breach-order',
    plan:
      book('{ do: isolate, systems: [db] }', '{ do: preserve-evidence }', '{ do: patch }', restore) +
      scenario('ransomware'),
    cause: '{ do: isolate, systems: [db] }\n      - { do: preserve-evidence }',
    cure: '{ do: preserve-evidence }\n      - { do: isolate, systems: [db] }',
    says: /^systems are isolated \(step 1\) before evidence is preserved \(step 2\)/,
    severity: 'info',
  },
  {
    name: 'the incident is written down last',
    rule: 'breach-order',
    plan:
      book('{ do: preserve-evidence }', '{ do: patch }', restore, '{ do: document }') +
      scenario('ransomware'),
    cause: '{ do: preserve-evidence }',
    cure: '{ do: document }\n      - { do: preserve-evidence }',
    says: /^the incident is written down only in step 4 of 4, after the restore of db \(step 3\)$/,
  },
  {
    name: 'the latest release on data of an older day',
    rule: 'release-mismatch',
    plan: book('{ do: restore, systems: [db] }', '{ do: deploy, release: latest }'),
    cause: 'release: latest',
    cure: 'release: recorded',
    says: /^the latest release is deployed, but the restore of db brings back data of an older day$/,
    path: 'runbooks.book.steps[1].release',
  },
  {
    name: 'a recorded release that nothing records',
    rule: 'release-mismatch',
    plan: book('{ do: restore, systems: [db] }', '{ do: deploy, systems: [api] }').replace(
      'api: { depends_on: [db] }',
      'api: { depends_on: [db], release: { deploy: ./deploy } }',
    ),
    cause: 'release: { deploy: ./deploy }',
    cure: 'release: { deploy: ./deploy, recorded: ./version }',
    says: /^the recorded release of api is deployed, but nothing records one$/,
  },
  {
    name: 'migrations that are known and not run',
    rule: 'release-mismatch',
    plan: book('{ do: restore, systems: [db] }', '{ do: deploy, systems: [api] }', '{ do: assess }').replace(
      'api: { depends_on: [db] }',
      'api: { depends_on: [db], release: { migrate: ./migrate, recorded: ./version } }',
    ),
    cause: '{ do: assess }',
    cure: '{ do: migrate, systems: [db] }',
    says: /^api is deployed on restored data, and no step migrates the data/,
  },
  {
    name: 'production is overwritten without a copy of it',
    rule: 'no-way-back',
    plan: `${book('{ do: assess }', restore)}    rollback: [{ do: manual, instructions: Put the copy back. }]\n`,
    cause: '{ do: assess }',
    cure: '{ do: safety-copy, systems: [db] }',
    says: /^the restore of db writes over production, and no step before it keeps the damaged state$/,
    path: 'runbooks.book.steps[1]',
  },
  {
    name: 'no rollback',
    rule: 'no-way-back',
    plan: `${book('{ do: safety-copy }', restore)}    title: x\n`,
    cause: 'title: x',
    cure: 'rollback: [{ do: manual, instructions: Put the copy back. }]',
    says: /^the runbook book writes over production and does not say how it is taken back$/,
    path: 'runbooks.book',
  },
  {
    name: 'a command that feeds a dump to production',
    rule: 'no-way-back',
    plan: `${book('{ do: command, run: mysql -h $PROD_HOST shop < x.sql }')}    rollback: [{ do: assess }]\n`,
    cause: '$PROD_HOST',
    cure: '$TEST_HOST',
    says: /^the command writes over production/,
  },
  {
    name: 'a command that feeds a dump to the server that the plan protects',
    rule: 'no-way-back',
    plan: `${book('{ do: command, run: "pg_restore -h $DB_HOST -d shop x.dump" }').replace(
      '{ kind: sqlite, path: x.db }',
      "{ kind: postgres, connection: { host: '${env:DB_HOST}' } }",
    )}    rollback: [{ do: assess }]\n`,
    cause: '-h $DB_HOST',
    cure: '-h $OTHER_HOST',
    says: /^the command writes over production/,
  },
  {
    name: 'data goes straight into production',
    rule: 'restore-unseen',
    plan: book('{ do: assess }', restore),
    cause: '{ do: assess }',
    cure: '{ do: verify-backup, level: restored }',
    says: /^the restore of db goes straight into production/,
  },
]);

testCauses([
  {
    name: 'nobody checks before it is moved into place',
    rule: 'restore-unseen',
    plan: book('{ do: restore, systems: [db] }', '{ do: assess }', '{ do: move-into-place, systems: [db] }'),
    cause: '{ do: assess }',
    cure: '{ do: check }',
    says: /^the move-into-place of db follows the restore without a check between them$/,
  },
  {
    name: 'a step waits for one that is not there',
    rule: 'step-order',
    plan: book('{ do: assess, id: one }', '{ do: check, after: [two] }'),
    cause: 'after: [two]',
    cure: 'after: [one]',
    says: /^the step waits for "two", and no step of this runbook has that id$/,
    severity: 'error',
    path: 'runbooks.book.steps[1].after[0]',
  },
  {
    name: 'two steps of one name',
    rule: 'step-order',
    plan: book('{ do: assess, id: one }', '{ do: check, id: one }'),
    cause: 'do: check, id: one',
    cure: 'do: check, id: two',
    says: /^two steps of this runbook have the id "one"$/,
  },
  {
    name: 'a step waits for one below it that waits for it',
    rule: 'step-order',
    plan: book('{ do: assess, after: [two] }', '{ do: check, id: two }'),
    cause: ', after: [two]',
    cure: '',
    says: /^the step waits for "two", which stands below it/,
  },
  {
    name: 'a step waits for itself',
    rule: 'step-order',
    plan: book('{ do: assess, id: one, after: [one] }'),
    cause: ', after: [one]',
    cure: '',
    says: /^the step waits for itself$/,
  },
  {
    name: 'a runbook runs itself through another',
    rule: 'runbook-circle',
    plan: `${book('{ do: run-runbook, runbook: other }')}  other: { steps: [{ do: run-runbook, runbook: third }] }
  third: { steps: [{ do: run-runbook, runbook: third }] }\n`,
    cause: '{ do: run-runbook, runbook: third }] }\n  third: { steps: [{ do: run-runbook, runbook: third }',
    cure: '{ do: run-runbook, runbook: third }] }\n  third: { steps: [{ do: assess }',
    says: /^the runbook third runs itself$/,
    severity: 'error',
  },
  {
    name: 'an audience that nobody described',
    rule: 'unknown-audience',
    plan: `${book('{ do: notify, audiences: [everybody] }')}channels: { mail: { kind: email } }
communication: { audiences: { customers: { channels: [mail] } } }\n`,
    cause: '[everybody]',
    cure: '[customers]',
    says: /^there is no audience "everybody" in the communication plan$/,
    severity: 'error',
    path: 'runbooks.book.steps[0].audiences[0]',
  },
  {
    name: 'more approvals than people',
    rule: 'approval-impossible',
    plan: `${book('{ do: assess, approval: { of: [leads, ann], needed: 3 } }')}contacts: { ann: { name: Ann }, bob: { name: Bob } }
teams: { leads: { members: [ann, bob] } }\n`,
    cause: 'needed: 3',
    cure: 'needed: 2',
    says: /^3 approvals are needed, and only 2 people stand behind leads, ann$/,
    severity: 'error',
  },
  {
    name: 'a promotion that is simply done again',
    rule: 'repeat-unsafe',
    plan: book('{ do: promote, systems: [db], class: repeatable }'),
    cause: 'repeatable',
    cure: 'once',
    says: /^the promote is done again without a question/,
    severity: 'warning',
  },
  {
    name: 'a class that needs a probe',
    rule: 'repeat-unsafe',
    plan: `${book('{ do: update-dns, class: check }')}probes: { up: { kind: http } }\n`,
    cause: 'class: check',
    cure: 'class: check, probe: up',
    says: /^the update-dns is of class check, and no probe/,
  },
  {
    name: 'a system before what it depends on',
    rule: 'restore-order',
    plan: book('{ do: start, systems: [api] }', '{ do: start, systems: [db] }'),
    cause: '{ do: start, systems: [api] }\n      - { do: start, systems: [db] }',
    cure: '{ do: start, systems: [db] }\n      - { do: start, systems: [api] }',
    says: /^api comes back \(step 1\) before db \(step 2\), on which it depends$/,
  },
  {
    name: 'a system that stays stopped',
    rule: 'stop-without-start',
    plan: book('{ do: stop, systems: [api] }', '{ do: assess }'),
    cause: '{ do: assess }',
    cure: '{ do: restart, systems: [api] }',
    says: /^api is stopped, and no later step starts it again$/,
  },
]);

const ruleIds = [
  ...['spread-not-paused', 'breach-order', 'release-mismatch', 'no-way-back', 'restore-unseen', 'step-order'],
  ...['runbook-circle', 'unknown-audience', 'approval-impossible', 'repeat-unsafe', 'restore-order'],
  ...['stop-without-start', 'unpack-over-live', 'restore-deletes'],
];

function messages(text: string): readonly string[] {
  const parsed = parsePlan(planHead + text, 'p');
  assert.deepEqual(parsed.findings, []);
  return lintPlan(parsed, {}).flatMap(({ id, message }) => (ruleIds.includes(id) ? [message] : []));
}

test('a careful runbook has no finding', () => {
  const careful = book(
    '{ do: document }',
    '{ do: notify }',
    '{ do: pause, what: [schedules] }',
    '{ do: preserve-evidence }',
    '{ do: isolate, systems: [api] }',
    '{ do: patch }',
    '{ do: change-access }',
    '{ do: rotate-credentials }',
    '{ do: stop, systems: [api] }',
    '{ do: safety-copy }',
    ...staged,
    '{ do: start, systems: [api] }',
    '{ do: resume, what: [schedules] }',
  );
  assert.deepEqual(messages(careful + scenario('security-breach')), []);
});

test('a restore after the loss of all needs no copy of what is gone', () => {
  const all = book('{ do: verify-backup, level: restored }', restore);
  assert.deepEqual(messages(all + scenario('total-loss')), []);
  assert.equal(messages(all + scenario('data-corruption')).length, 2);
});

test('a runbook that is run by another may lean on it', () => {
  const parent = `  parent: { steps: [{ do: stop, systems: [api] }, { do: safety-copy }, { do: run-runbook, runbook: book }, { do: start, systems: [api] }] }\n`;
  assert.deepEqual(messages(book(...staged) + parent), []);
});

test('a plan without runbooks hears nothing of them', () => {
  assert.deepEqual(messages(base), []);
});

test('rules that look at runbooks never throw and say the same twice', () => {
  assert.ok(lintRules.includes(breachOrder));
  fc.assert(
    fc.property(arbitraryPlan('recovery'), ({ text }) => {
      const found = lintPlan(parsePlan(text, 'p'), {});
      assert.deepEqual(lintPlan(parsePlan(text, 'p'), {}), found);
    }),
    { seed: 20_261_121, numRuns: 60 },
  );
});
