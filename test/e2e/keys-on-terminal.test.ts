/** Keys as people meet them: typed from paper on a terminal, which shows nothing of it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { commandTable } from '../../src/cli/command-table.ts';
import { describeCommands } from '../../src/cli/run-cli.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type CliOptions, cliEnds, lastLine } from './cli-process.ts';
import { onTerminal } from './on-terminal.ts';

let scene: TemporaryFolder;
let options: CliOptions;
let recoveryKey: string;
let codes: readonly string[];

const at = (name: string) => join(scene.path, name);
const inVault = ['--vault', 'vault'];

before(async () => {
  scene = temporaryFolder();
  await cliEnds(0, { folder: scene.path }, 'vault', 'init', 'vault', '--recovery-key-file', 'sheet');
  recoveryKey = readFileSync(at('sheet'), 'utf8').trim();
  options = { folder: scene.path, secrets: [recoveryKey] };
});

after(() => scene[Symbol.dispose]());

/** In capital letters without dashes, so that no way to write it slips through. */
function bare(text: string): string {
  return text.toUpperCase().replaceAll(/[^0-9A-Z]/g, '');
}

function expectUnseen(seen: string, ...secrets: readonly string[]): void {
  for (const secret of secrets) assert.ok(!bare(seen).includes(bare(secret)), 'a secret was shown');
}

test('a recovery key that is typed in small letters passes its test, and is not shown', async () => {
  const typed = recoveryKey.toLowerCase().replaceAll('-', ' ');
  const { exitCode, seen } = await onTerminal(
    options,
    ['key', 'test', ...inVault],
    [['Recovery key, or a password: ', typed]],
  );
  assert.equal(exitCode, 0, seen);
  assert.match(seen, /the recovery key [0-9a-f]{8} opens the vault/);
  expectUnseen(seen, recoveryKey);
  const list = await cliEnds(0, options, 'key', 'list', ...inVault, '--json');
  assert.equal(lastLine(list)['recovery_key'], 'proven');
});

test('a key with a slip opens nothing, and is not shown either', async () => {
  const slip = `${recoveryKey.slice(0, -1)}${recoveryKey.endsWith('7') ? '8' : '7'}`;
  const { exitCode, seen } = await onTerminal(
    options,
    ['key', 'test', ...inVault],
    [['Recovery key, or a password: ', slip]],
  );
  assert.equal(exitCode, 12, seen);
  expectUnseen(seen, slip, recoveryKey);
});

test('shares are shown one at a time, each waited for; the key that is typed for them is not', async () => {
  const { exitCode, seen } = await onTerminal(
    options,
    ['key', 'split', ...inVault, '--shares', '3', '--needed', '2'],
    [
      ['Recovery key: ', recoveryKey],
      ['Press Enter when share 1 is written down: ', ''],
      ['Press Enter when share 2 is written down: ', ''],
      ['Press Enter when share 3 is written down: ', ''],
    ],
  );
  assert.equal(exitCode, 0, seen);
  expectUnseen(seen, recoveryKey);
  codes = [...seen.matchAll(/make the recovery key:\r\n\r\n {4}(\S+)\r\n/g)].map(([, code = '']) => code);
  assert.equal(new Set(codes).size, 3, seen);
  assert.match(seen, /Test vector/);
});

test('typed shares make up the key, which goes into a file; neither is shown', async () => {
  const [first = '', , third = ''] = codes;
  const { exitCode, seen } = await onTerminal(
    options,
    ['key', 'combine', ...inVault, '--out', 'again'],
    [
      ['Share 1: ', third.toLowerCase()],
      ['Share 2 of 2: ', first.replaceAll('-', '')],
    ],
  );
  assert.equal(exitCode, 0, seen);
  assert.match(seen, /that is number 3 of 3; 2 are needed/);
  expectUnseen(seen, recoveryKey, ...codes);
  assert.equal(readFileSync(at('again'), 'utf8').trim(), recoveryKey);
  assert.equal(statSync(at('again')).mode & 0o777, 0o600);
});

test('a share with a slip, and one that was typed before, are told at once and asked for again', async () => {
  const [first = '', second = ''] = codes;
  const slip = `${first.slice(0, 10)}${first[10] === 'A' ? 'B' : 'A'}${first.slice(11)}`;
  const { exitCode, seen } = await onTerminal(
    options,
    ['key', 'combine', ...inVault, '--out', 'after-slips'],
    [
      ['Share 1: ', slip],
      ['Share 1: ', first],
      ['Share 2 of 2: ', first],
      ['Share 2 of 2: ', ''],
      ['Share 2 of 2: ', second],
    ],
  );
  assert.equal(exitCode, 0, seen);
  assert.match(seen, /share 1 as typed has a mistake in it/);
  assert.match(seen, /share 1 as typed and share 2 as typed are the same share, number 1/);
  assert.match(seen, /share 2 as typed is no share/);
  assert.equal(readFileSync(at('after-slips'), 'utf8').trim(), recoveryKey);
  expectUnseen(seen, slip, recoveryKey, ...codes);
});

test('who makes one mistake after the other is asked ten times', async () => {
  const mistakes = Array.from({ length: 10 }, () => ['Share 1: ', 'nonsense'] as const);
  const { exitCode, seen } = await onTerminal(
    options,
    ['key', 'combine', ...inVault, '--out', 'never'],
    mistakes,
  );
  assert.equal(exitCode, 12, seen);
  assert.ok(!existsSync(at('never')));
});

test('without a file the key is shown, once', async () => {
  const [, second = '', third = ''] = codes;
  const { exitCode, seen } = await onTerminal(
    options,
    ['key', 'combine', ...inVault],
    [
      ['Share 1: ', second],
      ['Share 2 of 2: ', third],
    ],
  );
  assert.equal(exitCode, 0, seen);
  assert.equal(seen.split(recoveryKey).length, 2, 'once');
  expectUnseen(seen, ...codes);
});

test('no key command takes a secret as an argument, where everybody on the machine would see it', async () => {
  const keys = (await describeCommands(commandTable)).filter(({ name }) => name.startsWith('key '));
  assert.ok(keys.length >= 8);
  const harmless = ['VAULT', 'FILE', 'DIR', 'ID', 'M', 'N', 'NAME', 'KEY_ID', 'LOCATION'];
  const values = keys.flatMap(({ name, spec }) => [
    ...(spec.options ?? []).flatMap(({ flag, value }) =>
      value === undefined ? [] : [`${name} ${flag} ${value}`],
    ),
    ...(spec.arguments ?? []).map((argument) => `${name} ${argument.name}`),
  ]);
  const others = values.filter((value) => !harmless.includes(value.split(' ').at(-1) ?? ''));
  assert.deepEqual(others, []);
});
