import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintHits, testCauses } from '../../../test/support/lint-hits.ts';

const base = 'vaults: { here: { location: /a } }\nsystems: { db: {}, chat: {} }\n';
const nowMs = Date.parse('2026-11-21T12:00:00Z');
const runbook = (step: string) => `${base}runbooks: { fix: { steps: [${step}] } }\n`;
const channels = 'channels: { slack: { kind: slack, depends_on: [chat] }, mail: { kind: email } }\n';
const sites = 'sites: { east: { role: primary }, west: { role: standby }, eye: { role: witness } }\n';
const failover = (fields: string) =>
  `vaults: { here: { location: /a } }
systems: { db: { source: { kind: sqlite, path: x }, checks: [integrity], replication: [{ to: west, kind: database }] }, art: { source: { kind: files, paths: [x] }, checks: [files] } }
${sites}runbooks: { back: { steps: [{ do: restore }] } }
failovers: { out: { from: east, to: west, fence: ./fence.sh, failback: back, ${fields} } }\n`;

testCauses([
  {
    name: 'a step needs what no recovery need declares',
    rule: 'recovery-need',
    plan: runbook('{ do: update-dns }'),
    cause: 'runbooks:',
    cure: 'recovery_needs: { dns: { kind: dns, fallback: the registrar by phone } }\nrunbooks:',
    says: /^the step update-dns of fix needs the account that changes the DNS, which no recovery need declares$/,
    severity: 'warning',
    path: 'runbooks.fix.steps[0]',
  },
  {
    name: 'a failover that changes records needs the account for it',
    rule: 'recovery-need',
    plan: failover('dns: [db]').replace('{ do: restore }', '{ do: stop, systems: [db] }'),
    cause: 'dns: [db]',
    cure: 'systems: [db]',
    says: /the failover out needs the account that changes the DNS/,
    path: 'failovers.out.dns',
  },
  {
    name: 'a deployment needs Git',
    rule: 'recovery-need',
    plan: runbook('{ do: deploy }'),
    cause: 'do: deploy',
    cure: 'do: manual, instructions: Do it.',
    says: /needs Git/,
  },
  {
    name: 'the only way to tell people is the chat',
    rule: 'recovery-need',
    plan: runbook('{ do: notify, channels: [slack] }') + channels,
    cause: 'channels: [slack] }]',
    cure: 'note: By shouting. }]',
    says: /needs the chat/,
    severity: 'warning',
  },
  {
    name: 'a password that a program fetches',
    rule: 'recovery-need',
    plan: runbook('{ do: stop, systems: [db] }').replace(
      'location: /a',
      'location: /a, password: "${command:vault read x}"',
    ),
    cause: '${command:vault read x}',
    cure: '${file:/etc/key}',
    says: /the password of the vault here needs the secrets vault/,
    path: 'vaults.here.password',
  },
  {
    name: 'a need that is lost with what it is to bring back',
    rule: 'recovery-need',
    plan: `${runbook('{ do: deploy }')}recovery_needs: { git: { kind: git, runs_on: [db] } }
scenarios: { gone: { kind: total-loss, strikes: { systems: [db] }, runbooks: [fix] } }`,
    cause: 'runs_on: [db]',
    cure: 'runs_on: [db], fallback: a mirror elsewhere',
    says: /recovery from gone needs git, which is lost with db in that disaster/,
    severity: 'error',
    path: 'recovery_needs.git',
  },
  {
    name: 'a need without a fallback is a note',
    rule: 'recovery-need',
    plan: `${runbook('{ do: deploy }')}recovery_needs: { git: { kind: git } }`,
    cause: 'kind: git',
    cure: 'kind: git, fallback: a mirror',
    says: /nothing is said for the day on which git does not work either/,
    severity: 'info',
  },
  {
    name: 'an audience that hears nothing',
    rule: 'recovery-need',
    plan: `${runbook('{ do: stop, systems: [db] }')}${channels}scenarios: { gone: { kind: total-loss } }
communication: { audiences: { users: { channels: [slack] } } }`,
    cause: 'channels: [slack]',
    cure: 'channels: [slack, mail]',
    says: /in gone all 1 channels to users \(slack\) stand on systems that are struck/,
  },
  {
    name: 'a month is the sum of its lines',
    rule: 'budget-sum',
    plan: `${base}budget: { currency: USD, lines: { a: { monthly: 50 }, b: { monthly: 100 } }, monthly: 160 }`,
    cause: 'monthly: 160',
    cure: 'monthly: 150',
    says: /^the lines make 50 \+ 100 = 150 USD a month, not 160: 10 more than they say$/,
    path: 'budget.monthly',
  },
  {
    name: 'a year has twelve months',
    rule: 'budget-sum',
    plan: `${base}budget: { currency: USD, lines: { a: { monthly: 500 } }, annual: 5000 }`,
    cause: 'annual: 5000',
    cure: 'annual: 6000',
    says: /^12 × 500 = 6000 USD a year, not 5000$/,
  },
  {
    name: 'a line for what the plan does not have is a note',
    rule: 'budget-sum',
    plan: `${base}budget: { currency: USD, lines: { a: { monthly: 500, for: [failover] } } }`,
    cause: 'for: [failover]',
    cure: 'for: [storage]',
    says: /a pays for failover, which the plan has nothing of/,
    severity: 'info',
  },
  {
    name: 'a contact without anything',
    rule: 'contact-gaps',
    plan: `${base}contacts: { jane: { name: Jane } }`,
    cause: 'name: Jane }',
    cure: 'name: Jane, email: jane@example.org }',
    says: /jane has neither a phone number nor an address/,
    path: 'contacts.jane',
  },
  {
    name: 'a level that wakes nobody',
    rule: 'contact-gaps',
    plan: `${base}contacts: { jane: { name: Jane, email: jane@example.org } }
escalations: { night: { levels: [{ who: [jane] }], if_nobody: Wait. } }`,
    cause: 'email:',
    cure: 'phone: "+49 1", email:',
    says: /level 1 calls jane by mail or chat only/,
    path: 'escalations.night.levels[0].who',
  },
  {
    name: 'a number that nobody has tried for long',
    rule: 'contact-gaps',
    facts: { nowMs },
    plan: `${base}contacts: { jane: { name: Jane, phone: "1", verified: "2026-01-01" } }`,
    cause: '2026-01-01',
    cure: '2026-10-01',
    says: /last tried 324 days ago, more than 183/,
    path: 'contacts.jane.verified',
  },
  {
    name: 'a vendor that nobody can call',
    rule: 'contact-gaps',
    plan: `${base}vendors: { hoster: { service: hosting } }`,
    cause: 'service: hosting',
    cure: 'service: hosting, phone: "+49 1"',
    says: /nobody can call hoster/,
  },
  {
    name: 'one person for everything is a note',
    rule: 'contact-gaps',
    plan: `${base}contacts: { jane: { name: Jane, phone: "1" }, john: { name: John, phone: "2" } }
teams: { a: { members: [jane] } }
rotas: { b: { members: [jane], turn: weekly } }`,
    cause: 'a: { members: [jane] }',
    cure: 'a: { members: [jane, john] }',
    says: /jane is the only member of all 2 teams and rotas, and has no deputy/,
    severity: 'info',
  },
  {
    name: 'alerts that leave out failed restore tests',
    rule: 'monitoring-gaps',
    plan: `${base}${channels}alerts: { a: { when: backup-failed, channels: [mail] }, b: { when: backup-age, channels: [mail] } }`,
    cause: 'alerts: {',
    cure: 'alerts: { c: { when: restore-test-failed, channels: [mail] },',
    says: /2 alerts, and none is raised when a restore test fails/,
    path: 'alerts',
  },
  {
    name: 'an alert that is silent in the disaster',
    rule: 'monitoring-gaps',
    plan: `${base}${channels}on_failure: { command: x }
alerts: { old: { when: backup-age, channels: [slack] } }
scenarios: { gone: { kind: total-loss } }`,
    cause: 'channels: [slack]',
    cure: 'channels: [slack, mail]',
    says: /old is told through slack only, which gone takes away/,
    path: 'alerts.old.channels',
  },
  {
    name: 'a replica that nobody watches',
    rule: 'monitoring-gaps',
    plan: `${base.replace('db: {}', 'db: { replication: [{ to: west, kind: database }] }')}${sites}${channels}on_failure: { command: x }
alerts: { old: { when: backup-age, channels: [mail] } }`,
    cause: 'alerts: {',
    cure: 'alerts: { lag: { when: replication-lag, channels: [mail] },',
    says: /no alert is raised when the replica of db falls behind/,
  },
  {
    name: 'a failover by itself with two observers',
    rule: 'failover-safety',
    plan: failover('mode: automatic, observers: [east, west]'),
    cause: '[east, west]',
    cure: '[east, west, eye]',
    says: /by itself with 2 of 3 observers, 0 of them outside both sites/,
    severity: 'error',
    path: 'failovers.out.observers',
  },
  {
    name: 'no fence',
    rule: 'failover-safety',
    plan: failover('').replace('fence: ./fence.sh, ', ''),
    cause: 'failback:',
    cure: 'fence: ./fence.sh, failback:',
    says: /out has no fence: nothing makes sure that east does not write any more/,
    severity: 'warning',
  },
  {
    name: 'to the same site',
    rule: 'failover-safety',
    plan: failover('').replace('from: east', 'from: west'),
    cause: 'from: west',
    cure: 'from: east',
    says: /moves from west to the same site/,
  },
  {
    name: 'what has no replica there',
    rule: 'failover-safety',
    plan: failover('systems: [db, art]'),
    cause: '[db, art]',
    cure: '[db]',
    says: /out moves art to west, but its data is not replicated there/,
  },
  {
    name: 'no way back',
    rule: 'failover-safety',
    plan: failover('').replace('failback: back, ', ''),
    cause: 'fence:',
    cure: 'failback: back, fence:',
    says: /out has no way back to east/,
    severity: 'warning',
  },
  {
    name: 'a review that is late',
    rule: 'out-of-date',
    facts: { nowMs },
    plan: `${base}review: { every: quarterly, last: "2026-07-01" }`,
    cause: '2026-07-01',
    cure: '2026-09-01',
    says: /^the last review was 143 days ago, but is promised quarterly, every 92 days at most: 51 days late$/,
    path: 'review.last',
  },
  {
    name: 'a training that is late',
    rule: 'out-of-date',
    facts: { nowMs },
    plan: `${base}contacts: { jane: { name: Jane, phone: "1" } }
training: { restore: { who: [jane], topic: restoring, every: annually, last: "2025-01-01" } }`,
    cause: '2025-01-01',
    cure: '2026-01-01',
    says: /restore was last held 689 days ago/,
  },
  {
    name: 'an insurance that is over',
    rule: 'out-of-date',
    facts: { nowMs },
    plan: `${base}insurance: { cyber: { insurer: I, policy: P, covers: [all], valid_until: "2026-11-20" } }`,
    cause: '2026-11-20',
    cure: '2027-11-20',
    says: /cyber ended 1 day ago, on 2026-11-20/,
    severity: 'warning',
  },
  {
    name: 'an insurance that ends soon is a note',
    rule: 'out-of-date',
    facts: { nowMs },
    plan: `${base}insurance: { cyber: { insurer: I, policy: P, covers: [all], valid_until: "2026-12-01" } }`,
    cause: '2026-12-01',
    cure: '2027-01-01',
    says: /cyber ends in 10 days/,
    severity: 'info',
  },
  {
    name: 'nobody owns the clock of the authority',
    rule: 'breach-notice',
    plan: `${base}contacts: { jane: { name: Jane, phone: "1" } }
compliance: { frameworks: { gdpr: { name: GDPR, controls: {}, notify_within: 72 h } } }`,
    cause: 'notify_within: 72 h',
    cure: 'notify_within: 72 h, notified_by: [jane]',
    says: /GDPR gives 72 h to report a breach, and nobody owns that clock/,
  },
  {
    name: 'the runbook of the breach tells nobody',
    rule: 'breach-notice',
    plan: `${runbook('{ do: restore }')}contacts: { jane: { name: Jane, phone: "1" } }
scenarios: { breach: { kind: security-breach, runbooks: [fix] } }
compliance: { frameworks: { gdpr: { controls: {}, notify_within: 72 h, notified_by: [jane] } } }`,
    cause: '{ do: restore }',
    cure: '{ do: restore }, { do: notify }',
    says: /no step tells anybody in breach, and gdpr gives 72 h/,
    path: 'scenarios.breach',
  },
]);

test('without the time nothing is said about what has run out', () => {
  assert.deepEqual(
    lintHits(`${base}contacts: { jane: { name: Jane, phone: "1", verified: "2001-01-01" } }`, 'contact-gaps'),
    [],
  );
  const old = `${base}review: { every: monthly, last: "2001-01-01" }
insurance: { cyber: { insurer: I, policy: P, covers: [all], valid_until: "2001-01-01" } }`;
  assert.deepEqual(lintHits(old, 'out-of-date'), []);
  assert.equal(lintHits(old, 'out-of-date', { nowMs }).length, 2);
});

test('a failover by itself without a fence is worse than one by hand', () => {
  const automatic = failover('mode: automatic, observers: [east, west, eye]').replace(
    'fence: ./fence.sh, ',
    '',
  );
  assert.deepEqual(
    lintHits(automatic, 'failover-safety').map(({ severity }) => severity),
    ['error'],
  );
});

test('small plans and sensible ones are left alone', () => {
  const rules = ['recovery-need', 'budget-sum', 'contact-gaps', 'monitoring-gaps', 'failover-safety'];
  const plans = [
    base,
    `${base}budget: { currency: EUR, lines: { a: { monthly: 0.1 }, b: { monthly: 0.2 } }, monthly: 0.3, annual: 3.6 }`,
    failover('systems: [db], mode: automatic, observers: [east, west, eye]').replace(
      '{ do: restore }',
      '{ do: stop, systems: [db] }',
    ),
    `${base}contacts: { jane: { name: Jane, phone: "1", vendor: hoster } }\nvendors: { hoster: { service: hosting } }\nteams: { a: { members: [jane] } }`,
    runbook('{ do: stop, systems: [db] }, { do: start, systems: [db] }, { do: check }'),
  ];
  for (const plan of plans)
    for (const rule of rules) assert.deepEqual(lintHits(plan, rule), [], `${rule}: ${plan}`);
});
