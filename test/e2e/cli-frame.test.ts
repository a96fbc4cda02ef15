/** What every command shares: version, help, streams that close, vaults that cannot be written, questions. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import {
  type CliOptions,
  cli,
  cliEnds,
  ended,
  jsonLines,
  lastLine,
  password,
  program,
  startCli,
} from './cli-process.ts';
import { assertGolden } from './golden-file.ts';
import { onTerminal } from './on-terminal.ts';

const isRoot = process.getuid?.() === 0;
const mountsNeedRoot = isRoot ? false : 'needs root: mounts a file system';
const versionMsMax = 150;

let scene: TemporaryFolder;
let vault: string;
let options: CliOptions;

before(async () => {
  scene = temporaryFolder();
  vault = join(scene.path, 'vault');
  options = { folder: scene.path };
  fs.mkdirSync(join(scene.path, 'data'));
  for (let number = 0; number < 2000; number += 1)
    fs.writeFileSync(join(scene.path, 'data', `file with a rather long name ${number}`), `${number}\n`);
  await cliEnds(0, options, 'vault', 'init', vault, '--no-recovery-key');
  await cliEnds(0, options, 'backup', '--vault', vault, '--path', 'data');
});

after(() => scene[Symbol.dispose]());

test('the version comes at once: nothing is loaded that it does not need', async () => {
  const { version } = JSON.parse(fs.readFileSync(join(program, '../../package.json'), 'utf8'));
  const tookMs: number[] = [];
  // a busy machine may delay a start; what counts is what the program needs
  for (let round = 0; round < 20 && Math.min(...tookMs, versionMsMax) >= versionMsMax; round += 1) {
    const startMs = performance.now();
    const run = await cliEnds(0, options, '--version');
    tookMs.push(performance.now() - startMs);
    assert.equal(run.stdout, `${version}\n`);
  }
  assert.ok(Math.min(...tookMs) < versionMsMax, `--version took ${tookMs.map(Math.round).join(', ')} ms`);
  assert.equal(lastLine(await cliEnds(0, options, '--version', '--json'))['version'], version);
});

test('help teaches: usage, options, examples', async () => {
  const run = await cliEnds(0, options, 'vault', 'init', '--help');
  assertGolden('cli/vault-init-help.txt', run.stdout);
  assert.equal((await cliEnds(0, options, 'help', 'vault', 'init')).stdout, run.stdout);
  assert.match((await cliEnds(0, options, '--help')).stdout, /^Commands:\n {2}\S/m);
  assert.equal((await cliEnds(2, options)).stdout, '');
  assert.match((await cliEnds(2, options, 'key')).stderr, /key list/);
});

test('every command explains itself, and every completion script loads', async () => {
  const lines = (await cliEnds(0, options, '--help')).stdout.split('\n');
  const listed = lines.slice(
    lines.indexOf('Commands:') + 1,
    lines.indexOf('Without a plan, for a first try:') - 1,
  );
  assert.ok(listed.length > 15);
  for (const line of listed) {
    const name = line.trim().split(/ {2,}/)[0]?.split(' ') ?? [];
    const run = await cliEnds(0, options, ...name, '--help');
    assert.match(run.stdout, /^Examples:\n {2}# /m, `${name.join(' ')} has examples`);
  }
  const script = (await cliEnds(0, options, 'completion', 'bash')).stdout;
  const ask = 'COMP_WORDS=(lifeboat vault init --role ""); COMP_CWORD=4; _lifeboat; echo "${COMPREPLY[@]}"';
  assert.equal(String(execFileSync('bash', ['-c', `${script}\n${ask}`])), 'primary secondary archive\n');
});

test('with --json every line is an object, and the last one says how it ended', async () => {
  const name = join(scene.path, 'data', 'file with a rather long name 7');
  const lines: readonly (readonly string[])[] = [
    ['backup', '--path', 'data'],
    ['snapshots'],
    ['ls', 'latest', '--long'],
    ['find', '* 7', '--snapshot', 'latest'],
    ['dump', 'latest', name],
    ['diff', 'latest', 'latest'],
    ['stats'],
    ['check', '--read-data'],
    ['key', 'list'],
    ['unlock'],
    ['rescue', 'snapshots'],
    ['rescue', 'ls'],
    ['rescue', 'check', '--subset', '1/2'],
    ['rescue', 'restore', '--to', 'back', '--include', '* 7', '--verify'],
  ];
  for (const line of lines) {
    const run = await cliEnds(0, options, ...line, '--vault', vault, '--json');
    assert.equal(jsonLines(run).at(-1)?.type, 'summary', line.join(' '));
  }
  assert.equal(fs.readFileSync(join(scene.path, 'back', name), 'utf8'), '7\n');
});

test('dump gives the bytes and nothing else', async () => {
  const bytes = randomBytes(300_000);
  const folder = join(scene.path, 'binary');
  fs.mkdirSync(folder);
  fs.writeFileSync(join(folder, 'random'), bytes);
  await cliEnds(0, options, 'backup', '--vault', vault, '--path', folder);
  const child = startCli(options, 'dump', 'latest', join(folder, 'random'), '--vault', vault);
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  assert.ok(Buffer.concat(chunks).equals(bytes));
});

test('who stops reading ends a command that only prints, quietly', async () => {
  const child = startCli(options, 'ls', 'latest', '--long', '--vault', vault);
  child.stdout.once('data', () => child.stdout.destroy());
  const run = await ended(child);
  assert.equal(run.exitCode, 0);
  assert.doesNotMatch(run.stderr, /error|EPIPE/);
});

test('a backup whose output nobody reads is finished all the same', async () => {
  const earlier = await cliEnds(0, options, 'snapshots', '--vault', vault, '--json');
  const child = startCli(options, 'backup', '--vault', vault, '--path', 'data', '--full');
  child.stdout.destroy();
  assert.equal((await ended(child)).exitCode, 0);
  const later = await cliEnds(0, options, 'snapshots', '--vault', vault, '--json');
  assert.equal(Number(lastLine(later)['snapshots']), Number(lastLine(earlier)['snapshots']) + 1);
});

test('a vault that cannot be written is read without a lock, and that is said', {
  skip: mountsNeedRoot,
}, async () => {
  const frozen = join(scene.path, 'frozen');
  fs.mkdirSync(frozen);
  execFileSync('mount', ['--bind', vault, frozen]);
  try {
    execFileSync('mount', ['-o', 'remount,ro,bind', frozen]);
    const check = await cliEnds(0, options, 'rescue', 'check', '--vault', frozen);
    assert.match(check.stderr, /cannot be written: reading without a lock/);
    const restore = await cliEnds(
      0,
      options,
      'rescue',
      'restore',
      '--vault',
      frozen,
      '--to',
      'thawed',
      '--json',
    );
    assert.equal(lastLine(restore)['locked'], false);
    const run = await cliEnds(1, options, 'backup', '--vault', frozen, '--path', 'data', '--json');
    assert.equal(lastLine(run)['code'], 'STORE_READ_ONLY');
  } finally {
    execFileSync('umount', [frozen]);
  }
});

test('a full disk is said to be full, and the vault on it stays sound', {
  skip: mountsNeedRoot,
}, async () => {
  const small = join(scene.path, 'small');
  fs.mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small]);
  try {
    const place = join(small, 'vault');
    await cliEnds(0, options, 'vault', 'init', place, '--no-recovery-key');
    await cliEnds(0, options, 'backup', '--vault', place, '--path', 'data');
    fs.writeFileSync(join(scene.path, 'large'), randomBytes(8 * 1024 ** 2));
    const run = await cliEnds(1, options, 'backup', '--vault', place, '--path', 'large', '--json');
    assert.equal(lastLine(run)['code'], 'DISK_FULL');
    assert.equal(fs.readdirSync(join(place, 'locks')).length, 0);
    const snapshots = await cliEnds(0, options, 'snapshots', '--vault', place, '--json');
    assert.equal(lastLine(snapshots)['snapshots'], 1);
    await cliEnds(0, options, 'rescue', 'check', '--vault', place, '--read-data');
  } finally {
    execFileSync('umount', [small]);
  }
});

test('on a terminal the password is asked for, and what is typed is not shown', async () => {
  const question = `Password of the vault ${vault}: `;
  const run = await onTerminal(options, ['snapshots', '--vault', vault], [[question, password]]);
  assert.equal(run.exitCode, 0, run.seen);
  assert.ok(!run.seen.includes(password));
  assert.match(run.seen, /\d+ snapshots?\b/);
  for (const line of run.seen.split(/\r?\n/).slice(1)) assert.ok(line.length <= 80, line);
});

test('a new vault shows its recovery key once, on a terminal, and the key opens it', async () => {
  const place = join(scene.path, 'with-key');
  const run = await onTerminal(
    options,
    ['vault', 'init', place],
    [
      ['New password: ', password],
      ['The same again: ', password],
    ],
  );
  assert.equal(run.exitCode, 0, run.seen);
  const [key = ''] = /(?:[0-9A-Z]{4}-){12}[0-9A-Z]{4}/.exec(run.seen) ?? [];
  assert.equal(key.length, 64, run.seen);
  const typed = key.toLowerCase().replaceAll('-', ' ');
  for (const secret of [key, typed]) {
    const opened = { ...options, environment: { LIFEBOAT_PASSWORD: secret }, secrets: [key, typed] };
    await cliEnds(0, opened, 'snapshots', '--vault', place);
  }
});

test('a secret is hidden wherever it would appear, in words and in json', async () => {
  const folder = join(scene.path, password);
  fs.mkdirSync(folder);
  fs.writeFileSync(join(folder, password), 'x');
  const backup = await cliEnds(0, options, 'backup', '--vault', vault, '--path', folder, '--json');
  const id = String(lastLine(backup)['snapshot']);
  const listed = await cli(options, 'ls', id, '--vault', vault);
  assert.match(listed.stdout, /\[secret\]\/\[secret\]/);
  await cli(options, 'ls', id, '--vault', vault, '--json');
  await cli(options, 'dump', id, join(folder, 'absent'), '--vault', vault, '--debug');
});
