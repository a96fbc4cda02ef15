/** `lifeboat vault serve` from its start to its end, and what it refuses to be. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServing } from '../support/serve-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { cliEnds, lastLine } from './cli-process.ts';

const anyPort = ['--listen', '127.0.0.1:0'];

const refused: readonly (readonly [string, number, string, readonly string[]])[] = [
  ['without saying who may come in', 2, 'USAGE', ['--data', 'd']],
  ['with both answers to that', 2, 'USAGE', ['--data', 'd', '--no-auth', '--htpasswd', 'sound']],
  ['without data', 2, 'USAGE', ['--no-auth', ...anyPort]],
  ['for others without users and TLS', 2, 'USAGE', ['--data', 'd', '--no-auth', '--listen', '0.0.0.0:0']],
  ['for others without TLS', 2, 'USAGE', ['--data', 'd', '--htpasswd', 'sound', '--listen', ':0']],
  ['with private repositories of nobody', 2, 'USAGE', ['--data', 'd', '--no-auth', '--private-repos']],
  ['with half of what TLS needs', 2, 'USAGE', ['--data', 'd', '--no-auth', '--tls-cert', 'sound']],
  [
    'with no certificate',
    2,
    'CONFIG_INVALID',
    ['--data', 'd', '--no-auth', '--tls-cert', 'sound', '--tls-key', 'sound'],
  ],
  ['with a size without a unit', 2, 'USAGE', ['--data', 'd', '--no-auth', '--max-size', '500']],
  ['at no address', 2, 'USAGE', ['--data', 'd', '--no-auth', '--listen', 'here']],
  ['with a file of users that is not there', 2, 'USAGE', ['--data', 'd', '--htpasswd', 'nowhere']],
  ['with bcrypt', 2, 'CONFIG_INVALID', ['--data', 'd', '--htpasswd', 'bcrypt']],
];

for (const [what, exitCode, code, words] of refused)
  test(`it does not serve ${what}`, async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'sound'), 'bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n');
    writeFileSync(join(folder.path, 'bcrypt'), 'ada:$2y$05$abcdefghijklmnopqrstuv\n');
    const run = await cliEnds(exitCode, { folder: folder.path }, 'vault', 'serve', ...words, '--json');
    assert.equal(lastLine(run)['code'], code);
  });

test('an address that is taken is said to be, before anything is served', async () => {
  using folder = temporaryFolder();
  const other = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  other.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const words = ['--data', 'd', '--no-auth', '--listen', `127.0.0.1:${port}`, '--json'];
  const run = await cliEnds(1, { folder: folder.path }, 'vault', 'serve', ...words);
  assert.equal(lastLine(run)['code'], 'ADDRESS_UNUSABLE');
  other.close();
});

test('without a terminal the option that names the password is named', async () => {
  using folder = temporaryFolder();
  const run = await cliEnds(
    2,
    { folder: folder.path },
    ...['vault', 'serve', '--htpasswd', 'users', '--add-user', 'ada'],
  );
  assert.match(run.stderr, /^→ Give --user-password-file FILE/m);
  await cliEnds(0, { folder: folder.path }, 'vault', 'init', 'vault', '--no-recovery-key');
  const key = await cliEnds(2, { folder: folder.path }, 'key', 'add', '--vault', 'vault');
  assert.match(key.stderr, /^→ Give --new-password-file FILE/m);
});

test('users are added and renewed; their file is for its owner alone', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path, secrets: ['first secret', 'second secret'] };
  const file = join(folder.path, 'users');
  writeFileSync(join(folder.path, 'one'), 'first secret\n');
  writeFileSync(join(folder.path, 'two'), 'second secret\n');
  const add = (name: string, secret: string) =>
    cliEnds(
      0,
      options,
      ...['vault', 'serve', '--htpasswd', 'users', '--add-user', name, '--user-password-file', secret],
    );
  await add('ada', 'one');
  await add('bob', 'one');
  await add('ada', 'two');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(':')[0]),
    ['bob', 'ada'],
  );
  await using server = await startServing(
    { folder: folder.path },
    '--data',
    'd',
    '--htpasswd',
    'users',
    ...anyPort,
  );
  const statusAs = async (user: string, secret: string) => {
    const authorization = `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
    const answer = await fetch(`${server.url}data/`, { headers: { authorization } });
    await answer.arrayBuffer();
    return answer.status;
  };
  assert.equal(await statusAs('ada', 'second secret'), 200);
  assert.equal(await statusAs('ada', 'first secret'), 401);
  assert.equal(await statusAs('bob', 'first secret'), 200);
});

test('each request is a line of the log; SIGTERM is a good end, SIGINT an interruption', async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'd'));
  for (const [signal, exitCode] of [
    ['SIGTERM', 0],
    ['SIGINT', 130],
  ] as const) {
    await using server = await startServing(
      { folder: folder.path },
      '--data',
      'd',
      '--no-auth',
      ...anyPort,
      '--json',
    );
    const answer = await fetch(`${server.url}config`);
    await answer.arrayBuffer();
    assert.equal(answer.status, 404);
    await server.until(({ type }) => type === 'access');
    const { method, path, status, remote } = server.log[1] ?? {};
    assert.deepEqual([method, path, status, remote], ['GET', '/config', 404, '127.0.0.1']);
    assert.equal(await server.stop(signal), exitCode);
    assert.equal(server.log.at(-1)?.['exit_code'], exitCode);
  }
});
