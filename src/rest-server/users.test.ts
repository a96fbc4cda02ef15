import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPassword, parseUsers, userLine, weaklyKept, withUser } from './users.ts';

/** `htpasswd -nbs ada secret` of Apache 2.4. */
const shaLine = 'bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=';

test('a line that was written lets its password in and no other', async () => {
  const users = parseUsers(`# people\n\n${await userLine('ada', 'pässword:1')}\n${shaLine}\n`, 'users');
  assert.equal(await isPassword(users.get('ada'), 'pässword:1'), true);
  assert.equal(await isPassword(users.get('ada'), 'password:1'), false);
  assert.equal(await isPassword(users.get('bob'), 'secret'), true);
  assert.equal(await isPassword(users.get('bob'), 'Secret'), false);
  assert.equal(await isPassword(users.get('eve'), ''), false);
  assert.deepEqual(weaklyKept(users), ['bob']);
});

test('two lines of one password differ', async () => {
  assert.notEqual(await userLine('ada', 'x'), await userLine('ada', 'x'));
});

test('a user is replaced or added, and the others stay', () => {
  const text = '# people\nada:{SHA}old\nadam:{SHA}his\n';
  assert.equal(withUser(text, 'ada', 'ada:new'), '# people\nadam:{SHA}his\nada:new\n');
  assert.equal(withUser('', 'ada', 'ada:new'), 'ada:new\n');
});

const refused: readonly (readonly [string, RegExp])[] = [
  [
    'ada:$2y$05$abcdefghijklmnopqrstuv',
    /line 1 of users keeps the password of ada with bcrypt, which Node lacks/,
  ],
  ['ada:$apr1$abc$def', /unknown form/],
  ['ada:secret', /unknown form/],
  ['ada:{SHA}AAAA', /unknown form/],
  ['ada:{SCRYPT}16384,8,1$AAAA$AAAA', /unknown form/],
  ['ada:{SCRYPT}1073741824,8,1$AAAA$' + 'A'.repeat(43) + '=', /unknown form/],
  ['ada', /does not begin with the name/],
  [':{SHA}x', /does not begin with the name/],
  ['a/b:{SHA}x', /does not begin with the name/],
  ['', /users names no user/],
  [`${shaLine}\n${shaLine}`, /line 2 of users names a user for the second time/],
];

for (const [text, message] of refused)
  test(`${JSON.stringify(text.slice(0, 40))} is refused`, () => {
    assert.throws(
      () => parseUsers(text, 'users'),
      (error: Error) => {
        assert.match(error.message, message);
        assert.ok(!error.message.includes('secret'));
        return true;
      },
    );
  });

for (const name of ['', 'a:b', 'a/b', '..\n', 'x'.repeat(101)])
  test(`${JSON.stringify(name.slice(0, 10))} is no name of a user`, async () => {
    await assert.rejects(userLine(name, 'p'), { code: 'USAGE' });
  });
