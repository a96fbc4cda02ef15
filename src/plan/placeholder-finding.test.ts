import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintPlan } from './lint/lint-plan.ts';
import { parsePlan } from './parse-plan.ts';

const head = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: /a } }
systems: { db: { owner: Joan } }
`;

/** By the place of each gap, who owes it. */
function owed(text: string): Readonly<Record<string, string | undefined>> {
  const parsed = parsePlan(head + text, 'p');
  assert.equal(parsed.plan, undefined);
  assert.deepEqual(
    parsed.findings.filter(({ id, severity }) => id !== 'placeholder' || severity !== 'error'),
    [],
  );
  assert.ok(lintPlan(parsed, {}).length >= parsed.findings.length);
  return Object.fromEntries(parsed.findings.map(({ path, owes }) => [path, owes]));
}

const cases: readonly (readonly [name: string, text: string, owes: Readonly<Record<string, string>>])[] = [
  [
    'a contact is owed by its role',
    'contacts: { dba: { role: database administrator, name: "[Name]", phone: "[Phone]", email: [Email] } }',
    {
      'contacts.dba.name': 'database administrator',
      'contacts.dba.phone': 'database administrator',
      'contacts.dba.email': 'database administrator',
    },
  ],
  [
    'a contact without a role is owed by the owner of the plan',
    'contacts: { primary: { name: "[Name] [Phone] [Email]" }, team: { name: Infrastructure, kind: group, email: [Email Group] } }',
    { 'contacts.primary.name': 'Jane', 'contacts.team.email': 'Jane' },
  ],
  [
    'what a team consists of is owed by its lead, by the role that stands behind the name',
    'contacts: { eve: { name: Eve, role: director, phone: "1" } }\nteams: { response: { lead: eve, members: ["[List key personnel and their roles in a disaster scenario]."] } }',
    { 'teams.response.members[0]': 'director' },
  ],
  [
    'a cadence inside longer text',
    'drills: { full: { kind: full, every: "at least [frequency, e.g., annually]" } }\nreview: { every: [frequency, e.g., quarterly] }',
    { 'drills.full.every': 'Jane', 'review.every': 'Jane' },
  ],
  [
    'communication, channels and steps',
    `channels: { mail: { kind: email, to: "[Email Group]" } }
communication:
  audiences: { users: { channels: [mail], who: "[Outline communication protocols for internal teams, stakeholders, and users during a disaster]." } }
runbooks: { restore: { contacts: [eve], steps: [{ do: manual, instructions: "[Describe the way]" }, { do: restore }] } }
contacts: { eve: { name: Eve } }`,
    {
      'channels.mail.to': 'Jane',
      'communication.audiences.users.who': 'Jane',
      'runbooks.restore.steps[0].instructions': 'Eve',
    },
  ],
  [
    'lists of texts',
    'metadata_note: 0'.replace(
      'metadata_note: 0',
      'records: { incident: [description, "[List what belongs there]"] }',
    ),
    { 'records.incident[1]': 'Jane' },
  ],
  [
    'what a vault is for is no person',
    'destinations: { test: { kind: postgres, role: sandbox, address: "[Define the test host]" } }',
    { 'destinations.test.address': 'Jane' },
  ],
];

for (const [name, text, expected] of cases) test(name, () => assert.deepEqual(owed(text), expected));

test('a system owes through its owner, and a gap in the owner asks the next', () => {
  const of = (systems: string) =>
    parsePlan(head.replace('{ db: { owner: Joan } }', systems), 'p').findings.map(({ path, owes }) => [
      path,
      owes,
    ]);
  assert.deepEqual(of('{ db: { owner: Joan, objectives: { rpo: [Define specific time, e.g., 1 hour] } } }'), [
    ['systems.db.objectives.rpo', 'Joan'],
  ]);
  assert.deepEqual(of('{ db: { owner: "[Name]" } }'), [['systems.db.owner', 'Jane']]);
});

test('a gap in a step does not hide what else is to be said about the runbook', () => {
  const parsed = parsePlan(
    `${head}runbooks: { a: { steps: [{ do: manual, instructions: "[Describe it]" }] } }`,
    'p',
  );
  assert.equal(parsed.draft?.plan.runbooks?.['a']?.steps.length, 1);
});
