/** Keys from the command line: tested, split, put together, renewed; and no secret in any output. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { resticMustSucceed, runRestic } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type CliOptions, cliEnds, jsonLines, lastLine, password } from './cli-process.ts';

interface Scene extends Disposable {
  readonly options: CliOptions;
  readonly recoveryKey: string;
  at(...names: readonly string[]): string;
}

/** A vault with a password from the environment and a recovery key in `sheet`. */
async function makeScene(): Promise<Scene> {
  const folder = temporaryFolder();
  const at = (...names: readonly string[]) => join(folder.path, ...names);
  await cliEnds(0, { folder: folder.path }, 'vault', 'init', 'vault', '--recovery-key-file', 'sheet');
  const recoveryKey = readFileSync(at('sheet'), 'utf8').trim();
  return {
    options: { folder: folder.path, secrets: [recoveryKey] },
    recoveryKey,
    at,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

const inVault = ['--vault', 'vault'];

test('a key that was tested is shown as such, and what each key is for and costs', async () => {
  using scene = await makeScene();
  const { options } = scene;
  const before = await cliEnds(0, options, 'key', 'list', ...inVault, '--json');
  assert.equal(lastLine(before)['recovery_key'], 'never');
  assert.ok(
    jsonLines(before).some(({ type, message }) => type === 'warning' && /key test/.test(String(message))),
  );
  const tested = await cliEnds(
    0,
    options,
    'key',
    'test',
    ...inVault,
    '--recovery-key-file',
    'sheet',
    '--json',
  );
  assert.equal(lastLine(tested)['recovery_key'], true);
  const after = await cliEnds(0, options, 'key', 'list', ...inVault, '--json');
  assert.equal(lastLine(after)['recovery_key'], 'proven');
  assert.ok(jsonLines(after).every(({ type }) => type !== 'warning'));
  const keys = jsonLines(after).filter(({ type }) => type === 'key');
  const recovery = keys.find(({ purpose }) => purpose === 'recovery');
  assert.equal(recovery?.['bits'], 256);
  assert.ok(Date.parse(String(recovery?.['tested_at'])) > 0);
  assert.deepEqual(recovery?.['scrypt'], { N: 32768, r: 8, p: 4 });
  assert.equal(recovery?.['try_memory_bytes'], 32 * 1024 * 1024);
  assert.ok(Number(recovery?.['try_ms']) > 0);
  const other = keys.find(({ purpose }) => purpose !== 'recovery');
  assert.deepEqual([other?.['bits'], other?.['tested_at'], other?.['current']], [null, null, true]);
  const words = (await cliEnds(0, options, 'key', 'list', ...inVault)).stdout;
  assert.match(words, /recovery \(256 bits\)/);
  assert.match(words, /32\.0 MiB, \d+ ms/);
});

test('a password that is tested is no proof of the recovery key', async () => {
  using scene = await makeScene();
  const run = await cliEnds(0, scene.options, 'key', 'test', ...inVault, '--configured', '--json');
  assert.equal(lastLine(run)['recovery_key'], false);
  const list = await cliEnds(0, scene.options, 'key', 'list', ...inVault, '--json');
  assert.equal(lastLine(list)['recovery_key'], 'never');
});

test('a key that opens nothing fails the test, and nothing is recorded', async () => {
  using scene = await makeScene();
  const wrong = `${scene.recoveryKey.slice(0, -1)}${scene.recoveryKey.endsWith('7') ? '8' : '7'}`;
  writeFileSync(scene.at('wrong'), `${wrong}\n`);
  const options = { ...scene.options, secrets: [scene.recoveryKey, wrong] };
  const run = await cliEnds(12, options, 'key', 'test', ...inVault, '--recovery-key-file', 'wrong', '--json');
  assert.equal(lastLine(run)['code'], 'WRONG_PASSWORD');
  const list = await cliEnds(0, options, 'key', 'list', ...inVault, '--json');
  assert.equal(lastLine(list)['recovery_key'], 'never');
  await cliEnds(2, options, 'key', 'test', ...inVault);
  await cliEnds(2, options, 'key', 'test', ...inVault, '--configured', '--recovery-key-file', 'sheet');
});

test('a key goes into shares and comes back; any three will do, and are a test of the key', async () => {
  using scene = await makeScene();
  const { options, at } = scene;
  const split = ['key', 'split', ...inVault, '--recovery-key-file', 'sheet', '--out', 'shares'];
  await cliEnds(0, options, ...split);
  const names = readdirSync(at('shares')).toSorted();
  assert.deepEqual(
    names,
    [1, 2, 3, 4, 5].map((number) => `share-${number}-of-5.txt`),
  );
  for (const name of names) assert.equal(statSync(at('shares', name)).mode & 0o777, 0o600);
  assert.equal(statSync(at('shares')).mode & 0o777, 0o700);
  const page = readFileSync(at('shares', 'share-2-of-5.txt'), 'utf8');
  assert.match(page, /share: {6}2 of 5; any 3 make the key/);
  assert.match(page, /Test vector/);
  assert.ok(!page.includes(scene.recoveryKey));
  const files = (...numbers: readonly number[]) =>
    numbers.flatMap((number) => ['--share-file', join('shares', `share-${number}-of-5.txt`)]);
  await cliEnds(0, options, 'key', 'combine', ...inVault, ...files(5, 1, 3), '--out', 'again');
  assert.equal(readFileSync(at('again'), 'utf8').trim(), scene.recoveryKey);
  assert.equal(statSync(at('again')).mode & 0o777, 0o600);
  await cliEnds(0, options, 'key', 'test', ...inVault, ...files(2, 3, 4));
  const list = await cliEnds(0, options, 'key', 'list', ...inVault, '--json');
  assert.equal(lastLine(list)['recovery_key'], 'proven');
  const few = await cliEnds(
    12,
    options,
    'key',
    'combine',
    ...inVault,
    ...files(1, 2),
    '--out',
    'few',
    '--json',
  );
  assert.equal(lastLine(few)['code'], 'KEY_SHARES_INVALID');
  const twice = await cliEnds(
    12,
    options,
    'key',
    'combine',
    ...inVault,
    ...files(1, 2, 2),
    '--out',
    'few',
    '--json',
  );
  assert.match(
    String(lastLine(twice)['message']),
    /share-2-of-5\.txt and share-2-of-5\.txt are the same share/,
  );
  assert.ok(!existsSync(at('few')));
  await cliEnds(2, options, ...split);
  const restic = { repository: at('vault'), password: readFileSync(at('again'), 'utf8').trim() };
  await resticMustSucceed(restic, 'snapshots');
});

test('a mistyped share and shares of two keys are named, and no key is written', async () => {
  using scene = await makeScene();
  const { options, at } = scene;
  for (const out of ['one', 'two'])
    await cliEnds(
      0,
      options,
      'key',
      'split',
      ...inVault,
      '--new',
      '--shares',
      '3',
      '--needed',
      '2',
      '--out',
      out,
    );
  const mixed = ['--share-file', 'one/share-1-of-3.txt', '--share-file', 'two/share-2-of-3.txt'];
  const run = await cliEnds(12, options, 'key', 'combine', ...inVault, ...mixed, '--out', 'key', '--json');
  assert.match(
    String(lastLine(run)['message']),
    /^share-2-of-3\.txt and share-1-of-3\.txt do not belong together/,
  );
  const page = readFileSync(at('one', 'share-2-of-3.txt'), 'utf8');
  const slip = page.replace(
    /(share code: )(.)/,
    (_, head: string, digit: string) => `${head}${digit === '3' ? '4' : '3'}`,
  );
  writeFileSync(at('slip.txt'), slip);
  const wrong = ['--share-file', 'one/share-1-of-3.txt', '--share-file', 'slip.txt'];
  const slipped = await cliEnds(
    12,
    options,
    'key',
    'combine',
    ...inVault,
    ...wrong,
    '--out',
    'key',
    '--json',
  );
  assert.match(String(lastLine(slipped)['message']), /^slip\.txt /);
  assert.ok(!existsSync(at('key')));
  const sound = ['--share-file', 'one/share-3-of-3.txt', '--share-file', 'one/share-1-of-3.txt'];
  await cliEnds(0, options, 'key', 'combine', ...inVault, ...sound, '--out', 'key');
  await resticMustSucceed(
    { repository: at('vault'), password: readFileSync(at('key'), 'utf8').trim() },
    'snapshots',
  );
});

test('what is no recovery key is not split, and one that opens nothing neither', async () => {
  using scene = await makeScene();
  const { options, at } = scene;
  writeFileSync(at('pw'), `${password}\n`);
  // the first digit stands for a single bit: another one there would make it no key at all
  const [first = '', ...digits] = scene.recoveryKey;
  writeFileSync(at('foreign'), `${first}${digits.join('').replaceAll(/[1-9]/g, 'A')}\n`);
  await cliEnds(2, options, 'key', 'split', ...inVault, '--recovery-key-file', 'pw', '--out', 'shares');
  await cliEnds(12, options, 'key', 'split', ...inVault, '--recovery-key-file', 'foreign', '--out', 'shares');
  await cliEnds(
    2,
    options,
    'key',
    'split',
    ...inVault,
    '--recovery-key-file',
    'sheet',
    '--shares',
    '2',
    '--out',
    'shares',
  );
  await cliEnds(2, options, 'key', 'split', ...inVault, '--recovery-key-file', 'sheet');
  assert.ok(!existsSync(at('shares')));
});

test('a password in a file is renewed in the file: stock restic opens with the new one, and no more with the old', async () => {
  using scene = await makeScene();
  const { at } = scene;
  writeFileSync(at('pw'), `${password}\n`, { mode: 0o600 });
  const environment = { LIFEBOAT_PASSWORD: undefined, LIFEBOAT_PASSWORD_FILE: at('pw') };
  const options = { ...scene.options, environment };
  const run = await cliEnds(0, options, 'key', 'rotate', ...inVault);
  assert.match(run.stderr, /may have kept the master key/);
  const renewed = readFileSync(at('pw'), 'utf8').trim();
  assert.notEqual(renewed, password);
  assert.equal(statSync(at('pw')).mode & 0o777, 0o600);
  assert.ok(!existsSync(at('pw.next')));
  await resticMustSucceed({ repository: at('vault'), password: renewed }, 'snapshots');
  assert.notEqual((await runRestic({ repository: at('vault'), password }, 'snapshots')).exitCode, 0);
  await cliEnds(0, { ...options, secrets: [renewed] }, 'key', 'list', ...inVault);
  assert.equal(readdirSync(at('vault', 'keys')).length, 2);
});

test('a rotation that was cut off goes on with the password that waits', async () => {
  using scene = await makeScene();
  const { at } = scene;
  writeFileSync(at('pw'), `${password}\n`, { mode: 0o600 });
  writeFileSync(at('pw.next'), 'it waits since yesterday\n', { mode: 0o600 });
  const environment = { LIFEBOAT_PASSWORD: undefined, LIFEBOAT_PASSWORD_FILE: at('pw') };
  const options = { ...scene.options, environment, secrets: ['it waits since yesterday'] };
  await cliEnds(0, options, 'key', 'add', ...inVault, '--new-password-file', 'pw.next');
  await cliEnds(0, options, 'key', 'rotate', ...inVault);
  assert.equal(readFileSync(at('pw'), 'utf8'), 'it waits since yesterday\n');
  assert.equal(readdirSync(at('vault', 'keys')).length, 2);
  await resticMustSucceed({ repository: at('vault'), password: 'it waits since yesterday' }, 'snapshots');
});

test('a password that is kept elsewhere is renewed, and the command says what is left to do', async () => {
  using scene = await makeScene();
  const { at } = scene;
  writeFileSync(at('new'), 'chosen by a person\n');
  const options = { ...scene.options, secrets: ['chosen by a person'] };
  const kept = await cliEnds(
    0,
    options,
    'key',
    'rotate',
    ...inVault,
    '--new-password-file',
    'new',
    '--keep-old',
    '--json',
  );
  assert.ok(
    jsonLines(kept).some(
      ({ type, message }) => type === 'warning' && /LIFEBOAT_PASSWORD/.test(String(message)),
    ),
  );
  for (const each of [password, 'chosen by a person'])
    await resticMustSucceed({ repository: at('vault'), password: each }, 'snapshots');
  const same = await cliEnds(
    2,
    options,
    'key',
    'rotate',
    ...inVault,
    '--new-password-file',
    'pw-now',
    '--json',
  ).catch(
    async () =>
      await cliEnds(1, options, 'key', 'rotate', ...inVault, '--new-password-file', 'nowhere', '--json'),
  );
  assert.equal(lastLine(same)['type'], 'error');
  rmSync(at('new'));
  writeFileSync(at('pw'), `${password}\n`);
  symlinkSync(at('pw'), at('link'));
  const environment = { LIFEBOAT_PASSWORD: undefined, LIFEBOAT_PASSWORD_FILE: at('link') };
  writeFileSync(at('newer'), 'chosen again\n');
  await cliEnds(0, { ...options, environment }, 'key', 'rotate', ...inVault, '--new-password-file', 'newer');
  assert.equal(readFileSync(at('pw'), 'utf8'), `${password}\n`, 'what a link leads to is not ours');
  await resticMustSucceed({ repository: at('vault'), password: 'chosen again' }, 'snapshots');
});

test('all vaults of a plan that share a key file are renewed together', async () => {
  using folder = temporaryFolder();
  const at = (...names: readonly string[]) => join(folder.path, ...names);
  const options = { folder: folder.path, environment: { LIFEBOAT_PASSWORD: undefined } };
  writeFileSync(at('pw'), `${password}\n`, { mode: 0o600 });
  const withFile = {
    ...options,
    environment: { LIFEBOAT_PASSWORD: undefined, LIFEBOAT_PASSWORD_FILE: at('pw') },
  };
  for (const name of ['here', 'away']) await cliEnds(0, withFile, 'vault', 'init', name, '--no-recovery-key');
  const vault = (location: string) => ({ location, password: '${file:pw}' });
  const plan = {
    version: 1,
    metadata: { id: '8d1f6a3e-52a7-4a6e-9a43-5a4f6a1c2b77', name: 'shop' },
    vaults: {
      here: vault('here'),
      away: { ...vault('away'), role: 'secondary' },
      other: { location: 'other', role: 'secondary', password: '${file:pw2}' },
    },
    systems: {},
  };
  writeFileSync(at('lifeboat.yaml'), JSON.stringify(plan));
  const run = await cliEnds(0, options, 'key', 'rotate', '--json');
  assert.equal(lastLine(run)['rotated'], 2);
  assert.deepEqual(lastLine(run)['not_rotated'], ['other']);
  assert.match(run.stderr, /other keeps the password that it has: run `lifeboat key rotate --vault other`/);
  const renewed = readFileSync(at('pw'), 'utf8').trim();
  for (const name of ['here', 'away']) {
    await resticMustSucceed({ repository: at(name), password: renewed }, 'snapshots');
    assert.notEqual((await runRestic({ repository: at(name), password }, 'snapshots')).exitCode, 0);
  }
  const both = { ...options, environment: { LIFEBOAT_PASSWORD: renewed } };
  await cliEnds(2, both, 'key', 'rotate', '--new-password-file', 'pw');
});

test('removing a key says what it does not do', async () => {
  using scene = await makeScene();
  const list = await cliEnds(0, scene.options, 'key', 'list', ...inVault, '--json');
  const recovery = jsonLines(list).find(({ purpose }) => purpose === 'recovery');
  const run = await cliEnds(0, scene.options, 'key', 'remove', String(recovery?.['id']), ...inVault);
  assert.match(run.stderr, /may have kept the master key/);
  const after = await cliEnds(0, scene.options, 'key', 'list', ...inVault, '--json');
  assert.equal(lastLine(after)['recovery_key'], 'no-key');
});
