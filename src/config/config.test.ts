/** Where passwords come from, and what is said when they do not. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { hasCode } from '../error/lifeboat-error.ts';
import { locationText, parseLocation } from './location.ts';
import { findPassword } from './password.ts';
import { resolveSecret } from './resolve-secret.ts';

const names = ['LIFEBOAT_PASSWORD', 'LIFEBOAT_PASSWORD_FILE', 'LIFEBOAT_PASSWORD_COMMAND', 'RESTIC_PASSWORD'];

/** Runs with these variables and no other of ours, and puts back what was there. */
async function withEnvironment(
  variables: Readonly<Record<string, string>>,
  act: () => Promise<void>,
): Promise<void> {
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  Object.assign(process.env, variables);
  try {
    await act();
  } finally {
    for (const [name, value] of before) {
      delete process.env[name];
      if (value !== undefined) process.env[name] = value;
    }
  }
}

const question = { location: '/vault', folder: '/' };

test('the environment wins over the plan, the plan over a question', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'key'), 'from file\n\n');
  const fromPlan = { reference: { kind: 'file', path: 'key' }, folder: folder.path } as const;
  const ask = async () => 'typed';
  await withEnvironment({ LIFEBOAT_PASSWORD: 'from env' }, async () => {
    assert.equal((await findPassword({ ...question, fromPlan, ask })).password, 'from env');
  });
  await withEnvironment({ LIFEBOAT_PASSWORD_COMMAND: 'echo from command; echo noise >&2' }, async () => {
    assert.equal((await findPassword({ ...question, fromPlan, ask })).password, 'from command');
  });
  await withEnvironment({ LIFEBOAT_PASSWORD_FILE: 'key' }, async () => {
    const found = await findPassword({ ...question, folder: folder.path });
    assert.deepEqual(found, { password: 'from file\n', origin: 'LIFEBOAT_PASSWORD_FILE' });
  });
  await withEnvironment({ RESTIC_PASSWORD: 'of another program' }, async () => {
    assert.equal((await findPassword({ ...question, fromPlan, ask })).password, 'from file\n');
    assert.equal((await findPassword({ ...question, ask })).password, 'typed');
    await assert.rejects(findPassword(question), { code: 'USAGE' });
  });
});

test('where the file of the plan is gone or empty, the recovery key is named as the way in', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'empty'), '');
  for (const path of ['gone', 'empty'])
    await withEnvironment({}, async () => {
      const fromPlan = { reference: { kind: 'file', path }, folder: folder.path } as const;
      await assert.rejects(findPassword({ ...question, fromPlan }), (error: unknown) => {
        assert.ok(hasCode(error, 'SECRET_UNAVAILABLE'));
        assert.match(error.message, new RegExp(`\\$\\{file:${path}\\}`));
        assert.match(error.hint ?? '', /LIFEBOAT_PASSWORD_FILE .* recovery key.*`lifeboat key add/);
        return true;
      });
    });
});

test('two of them, or an empty one, are errors', async () => {
  await withEnvironment({ LIFEBOAT_PASSWORD: 'a', LIFEBOAT_PASSWORD_COMMAND: 'b' }, async () => {
    await assert.rejects(findPassword(question), { code: 'CONFIG_INVALID' });
  });
  for (const name of names.slice(0, 3)) {
    await withEnvironment({ [name]: '' }, async () => {
      await assert.rejects(findPassword(question), { code: 'SECRET_UNAVAILABLE' });
    });
  }
});

test('a reference that cannot be resolved is named, and what its command printed is not', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'empty'), '\n');
  const cases = [
    [{ kind: 'env', name: 'LIFEBOAT_TEST_NOT_SET' }, /\$\{env:LIFEBOAT_TEST_NOT_SET\}.*not set/],
    [{ kind: 'file', path: 'absent' }, /\$\{file:absent\}.*ENOENT/],
    [{ kind: 'file', path: 'empty' }, /\$\{file:empty\}.*empty/],
    [{ kind: 'file', path: '.' }, /EISDIR/],
    [{ kind: 'command', command: 'printf hunter2; exit 4' }, /ended with 4/],
    [{ kind: 'command', command: 'kill -9 $$' }, /ended by SIGKILL/],
    [{ kind: 'command', command: 'true' }, /empty/],
    [{ kind: 'command', command: 'yes hunter2' }, /too much/],
  ] as const;
  for (const [reference, message] of cases) {
    await assert.rejects(
      resolveSecret(reference, { folder: folder.path }),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'SECRET_UNAVAILABLE');
        assert.match(error.message, message);
        if (reference.kind === 'command')
          assert.doesNotMatch(error.message.replace(reference.command, ''), /hunter2/);
        return true;
      },
    );
  }
});

test('a location is a folder, counted from the folder given or from home', () => {
  const pathOf = (text: string): string => locationText(parseLocation(text, '/srv'));
  assert.equal(pathOf('vault/'), '/srv/vault');
  assert.equal(pathOf('/a/../b'), '/b');
  assert.equal(pathOf('~/vault'), join(homedir(), 'vault'));
  assert.equal(pathOf('~vault'), '/srv/~vault');
  assert.equal(pathOf('with: colon'), '/srv/with: colon');
});

test('a location is a place in an object store, in our form or in that of restic', () => {
  const places: Readonly<Record<string, string>> = {
    's3://shop/lifeboat': 's3://shop/lifeboat',
    's3://shop': 's3://shop',
    's3:shop/a/b/': 's3://shop/a/b',
    's3:https://S3.example.org:9000/shop/a': 's3:https://s3.example.org:9000/shop/a',
    's3:http://127.0.0.1:9000/shop': 's3:http://127.0.0.1:9000/shop',
    's3:s3.amazonaws.com/shop/a': 's3://shop/a',
    's3:minio.example.org:9000/shop': 's3:https://minio.example.org:9000/shop',
    'azure://account1/vault/a': 'azure://account1/vault/a',
    'azure:vault:/a/b': 'azure:vault:/a/b',
    'azure:vault:/': 'azure:vault:/',
  };
  for (const [text, place] of Object.entries(places)) {
    assert.equal(locationText(parseLocation(text, '/srv')), place);
    assert.equal(locationText(parseLocation(place, '/srv')), place, 'what is shown can be typed');
  }
});

test('what names no place is refused, and a secret in it is not repeated', () => {
  for (const text of [
    '',
    ' ',
    's3:',
    's3://',
    's3://UPPER',
    's3://shop/../x',
    's3://shop/a b',
    'azure:',
    'azure://x/vault',
    'azure://account1',
    'azure:V:/',
    'sftp:host:/x',
    'ftp://x',
    's3:https://key:geheim@host/shop',
  ])
    assert.throws(
      () => parseLocation(text, '/srv'),
      (error: unknown) => hasCode(error, 'USAGE') && !/geheim/.test(error.message),
      text,
    );
});
