import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasSecretArgument, hideSecretArguments } from './command-secrets.ts';

const literal = [
  'mysqldump -phunter2 shop',
  'mysql --password=hunter2',
  'mongodump -p hunter2',
  'redis-cli -a hunter2 ping',
  'curl -u me:hunter2 https://x',
  'tool --token hunter2',
  'DB_PASSWORD=hunter2 ./dump',
  'psql postgres://me:hunter2@db/shop',
];

for (const command of literal) {
  test(`the secret of ${command.split(' ')[0]} is seen and hidden`, () => {
    assert.equal(hasSecretArgument(command), true);
    const hidden = hideSecretArguments(command, '…');
    assert.ok(!hidden.includes('hunter2') && hidden.includes('…'), hidden);
  });
}

test('a variable is not a secret in letters', () => {
  const commands = [
    'mysqldump -p$DB_PASSWORD shop',
    'mysql --password=${PW}',
    'pg_dump shop',
    'psql -h db -p 5432',
  ];
  for (const command of commands) assert.equal(hasSecretArgument(command), false, command);
  assert.equal(hasSecretArgument('mysqldump -p$HALF-hunter2 shop'), true);
});
