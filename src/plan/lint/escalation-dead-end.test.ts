import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintHits, testCauses } from '../../../test/support/lint-hits.ts';

const people = `vaults: { here: { location: /a } }
systems: { a: {} }
contacts: { jane: { name: Jane, phone: "+49 1" }, john: { name: John, email: john@example.org } }
teams: { ops: { members: [jane, john] } }
`;
const chain = (levels: string, rest = 'if_nobody: The wall sheet says it.') =>
  `${people}escalations: { default: { levels: [${levels}], ${rest} } }\n`;

testCauses([
  {
    name: 'levels without a time are never left',
    rule: 'escalation-dead-end',
    plan: chain('{ who: [jane] }, { who: [john], timeout: 10 min }, { who: [ops] }'),
    cause: '{ who: [jane] }',
    cure: '{ who: [jane], timeout: 10 min }',
    says: /^level 1 has no timeout, so levels 2 to 3 are never reached: 1 of 3 levels can be called$/,
    severity: 'warning',
    path: 'escalations.default.levels[0]',
  },
  {
    name: 'nothing follows the last level',
    rule: 'escalation-dead-end',
    plan: chain('{ who: [ops] }', ''),
    cause: '],  }',
    cure: '], if_nobody: The wall sheet says it. }',
    says: /the last level \(1\) has no timeout and is followed by nothing/,
    path: 'escalations.default',
  },
  {
    name: 'nobody behind a level can be reached',
    rule: 'escalation-dead-end',
    plan: chain('{ who: [ops] }').replace(', phone: "+49 1"', '').replace(', email: john@example.org', ''),
    cause: 'name: John',
    cure: 'name: John, phone: "+49 2"',
    says: /level 1 calls jane and john, of whom none has a number or an address/,
    path: 'escalations.default.levels[0].who',
  },
]);

test('a chain with times and an end is in order', () => {
  assert.deepEqual(
    lintHits(chain('{ who: [jane], timeout: 5 min }, { who: [ops], timeout: 5 min }'), 'escalation-dead-end'),
    [],
  );
});

test('five bare levels are one finding about waiting and one about the end', () => {
  const bare = chain(Array.from({ length: 5 }, () => '{ who: [jane] }').join(', '), '');
  const messages = lintHits(bare, 'escalation-dead-end').map(({ message }) => message);
  assert.equal(messages.length, 2);
  assert.ok(
    messages.some((each) =>
      each.startsWith('levels 1, 2, 3 and 4 have no timeout, so levels 2 to 5 are never reached'),
    ),
  );
});

test('levels without anybody who can be reached are one finding, and those with people between them are not named', () => {
  const silent = chain(
    '{ who: [joan], timeout: 5 min }, { who: [jane], timeout: 5 min }, { who: [june] }',
  ).replace('contacts: {', 'contacts: { joan: { name: Joan }, june: { name: June },');
  assert.deepEqual(
    lintHits(silent, 'escalation-dead-end').map(({ message }) => message),
    ['levels 1 and 3 call joan and june, of whom none has a number or an address'],
  );
});
