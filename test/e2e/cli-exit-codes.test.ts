/** Every class of failure has its exit code and says what to do next; the texts are a golden file. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import {
  type CliOptions,
  type CliRun,
  cli,
  cliEnds,
  ended,
  jsonLines,
  lastLine,
  password,
  startCli,
} from './cli-process.ts';
import { assertGolden } from './golden-file.ts';

let scene: TemporaryFolder;
let vault: string;
let options: CliOptions;

before(async () => {
  scene = temporaryFolder();
  vault = join(scene.path, 'vault');
  options = { folder: scene.path };
  fs.mkdirSync(join(scene.path, 'data'));
  fs.writeFileSync(join(scene.path, 'data', 'a.txt'), 'first\n');
  await cliEnds(0, options, 'vault', 'init', vault, '--no-recovery-key');
  await cliEnds(0, options, 'backup', '--vault', vault, '--path', 'data');
});

after(() => scene[Symbol.dispose]());

/** What people are told, with the folder of this run taken out. */
function words(run: CliRun): string {
  return run.stderr.replaceAll(scene.path, 'FOLDER').replaceAll(/snapshot [0-9a-f]{8}/g, 'snapshot SNAPSHOT');
}

test('0: done, and json and people hear the same', async () => {
  const said = await cliEnds(0, options, 'snapshots', '--vault', 'vault');
  assert.match(said.stdout, /1 snapshot$/m);
  assert.equal(lastLine(await cliEnds(0, options, 'snapshots', '--vault', vault, '--json'))['snapshots'], 1);
});

test('a command that fails says what it asked of stores, once', async () => {
  const thrown = jsonLines(await cliEnds(1, options, 'ls', 'ffffffff', '--vault', vault, '--json'));
  assert.deepEqual(
    thrown.map(({ type }) => type),
    ['error'],
  );
  const requests = thrown[0]?.['requests'];
  assert.ok(typeof requests === 'object' && requests !== null && 'gets' in requests);
  assert.ok(Number(requests.gets) > 0);
  const gone = ['backup', '--vault', vault, '--path', 'data', '--path', 'gone', '--json'];
  const ended = jsonLines(await cli(options, ...gone)).slice(-2);
  assert.deepEqual(
    ended.map((line) => [line.type, 'requests' in line]),
    [
      ['summary', true],
      ['error', false],
    ],
  );
  const nothing = lastLine(await cliEnds(10, options, 'snapshots', '--vault', 'nowhere', '--json'));
  assert.equal(nothing.type, 'error');
});

test('1, 2, 6, 10, 12: the errors that a person meets first', async () => {
  const wrong = {
    ...options,
    environment: { LIFEBOAT_PASSWORD: 'not the password' },
    secrets: ['not the password'],
  };
  const unset = { ...options, environment: { LIFEBOAT_PASSWORD: undefined } };
  const both = { ...options, environment: { LIFEBOAT_PASSWORD_FILE: 'pw' } };
  const failing = {
    ...options,
    environment: { LIFEBOAT_PASSWORD: undefined, LIFEBOAT_PASSWORD_COMMAND: 'echo oops; exit 3' },
  };
  const missing = {
    ...options,
    environment: { LIFEBOAT_PASSWORD: undefined, LIFEBOAT_PASSWORD_FILE: 'nowhere' },
  };
  const cases: readonly (readonly [number, CliOptions, ...string[]])[] = [
    [1, options, 'ls', 'abcdef', '--vault', vault],
    [1, options, 'dump', 'latest', '/nowhere', '--vault', vault],
    [1, options, 'vault', 'init', vault, '--no-recovery-key'],
    [1, options, 'backup', '--vault', vault, '--path', 'nowhere'],
    [1, failing, 'snapshots', '--vault', vault],
    [1, missing, 'snapshots', '--vault', vault],
    [2, options, 'snapsots'],
    [2, options, 'backup', '--vault', vault, '--pth', 'data'],
    [2, options, 'vault', 'init'],
    [2, options, 'vault', 'init', 'new'],
    [2, options, 'vault', 'init', 'new', '--role', 'third', '--no-recovery-key'],
    [2, options, 'snapshots'],
    [2, options, 'snapshots', '--vault', 's3:bucket/vault'],
    [2, options, 'check', '--vault', vault, '--subset', '8/7'],
    [2, options, 'rescue', 'restore', '--vault', vault, '--to', 'data'],
    [2, both, 'snapshots', '--vault', vault],
    [2, unset, 'snapshots', '--vault', vault],
    [6, options, 'lint'],
    [10, unset, 'snapshots', '--vault', 'elsewhere'],
    [12, wrong, 'snapshots', '--vault', vault],
  ];
  const texts: string[] = [];
  for (const [exitCode, how, ...line] of cases) {
    const run = await cliEnds(exitCode, how, ...line);
    assert.equal(run.stdout, '', 'errors go to standard error');
    const shown = line.join(' ').replaceAll(scene.path, 'FOLDER');
    texts.push(`$ lifeboat ${shown}\n${words(run)}exit ${exitCode}\n`);
  }
  assertGolden('cli/errors.txt', texts.join('\n'));
});

test('the same errors for programs: one object, last, with code, hint and exit code', async () => {
  const run = await cliEnds(10, options, 'snapshots', '--vault', 'elsewhere', '--json');
  const error = lastLine(run);
  assert.equal(error['code'], 'VAULT_NOT_FOUND');
  assert.match(String(error['hint']), /vault init/);
});

test('3: what could not be read is named, and the rest is in the snapshot', async () => {
  const line = ['backup', '--vault', vault, '--path', 'data', '--path', 'gone'];
  const run = await cliEnds(3, options, ...line);
  assert.match(run.stderr, /not read: .*gone: does not exist/);
  assert.match(run.stderr, /lacks 1 entry/);
  const error = lastLine(await cliEnds(3, options, ...line, '--json'));
  assert.equal(error['code'], 'BACKUP_INCOMPLETE');
});

test('6: a plan with errors', async () => {
  const broken = join(scene.path, 'broken.yaml');
  fs.writeFileSync(broken, 'version: 1\nmetadata:\n  nam: Shop\n');
  const run = await cliEnds(6, options, 'lint', '--plan', broken);
  assert.match(run.stdout, /unknown key "nam"/);
  const summary = lastLine(await cliEnds(6, options, 'lint', '--plan', broken, '--json'));
  assert.ok(Number(summary['errors']) > 0);
});

test('11: locked by a live process of stock restic', async () => {
  const newPassword = join(scene.path, 'new-password');
  fs.writeFileSync(newPassword, 'another secret\n');
  const added = await cliEnds(
    0,
    { ...options, secrets: ['another secret'] },
    'key',
    'add',
    '--vault',
    vault,
    '--new-password-file',
    newPassword,
    '--json',
  );
  const restic = spawn('restic', ['--no-cache', '-r', vault, 'backup', '--stdin'], {
    env: { ...process.env, RESTIC_PASSWORD: password },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  try {
    const locks = join(vault, 'locks');
    const seen = fs.watch(locks);
    if (fs.readdirSync(locks).length === 0) await new Promise((done) => seen.once('change', done));
    seen.close();
    const run = await cliEnds(11, options, 'key', 'remove', String(lastLine(added)['key']), '--vault', vault);
    assert.match(run.stderr, new RegExp(`locked shared by process ${restic.pid} `));
  } finally {
    const gone = new Promise((done) => restic.once('close', done));
    restic.stdin.end('done\n');
    await gone;
  }
  await cliEnds(0, options, 'key', 'remove', String(lastLine(added)['key']), '--vault', vault);
});

test('13 and 14: damage and missing objects are named', async () => {
  const copy = join(scene.path, 'damaged');
  fs.cpSync(vault, copy, { recursive: true });
  const pack =
    fs
      .readdirSync(join(copy, 'data'), { recursive: true, encoding: 'utf8' })
      .find((name) => name.length > 60) ?? '';
  flipByte(join(copy, 'data', pack));
  const run = await cliEnds(13, options, 'check', '--read-data', '--vault', copy);
  assert.ok(run.stdout.includes(pack), run.stdout);
  const json = await cliEnds(13, options, 'check', '--read-data', '--vault', copy, '--json');
  assert.equal(lastLine(json)['code'], 'VAULT_DAMAGED');
  fs.rmSync(join(copy, 'config'));
  await cliEnds(0, options, 'snapshots', '--vault', copy);
  fs.rmSync(join(copy, 'lifeboat', 'spare', 'config'));
  assert.match((await cliEnds(14, options, 'snapshots', '--vault', copy)).stderr, /"config"/);
});

function flipByte(path: string): void {
  const bytes = fs.readFileSync(path);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  fs.chmodSync(path, 0o600);
  fs.writeFileSync(path, bytes);
}

test('2: points asks for a whole number of points', async () => {
  for (const last of ['x', '0', '-1', '1.5', '1e3']) {
    const run = await cliEnds(2, options, 'points', `--last=${last}`);
    assert.match(run.stderr, /is no number of points/);
  }
});

test('130: interrupted in the middle of a backup, and the vault stays usable', async () => {
  const large = join(scene.path, 'large');
  fs.mkdirSync(large);
  fs.truncateSync(makeFile(join(large, 'zeros')), 64 * 1024 ** 3);
  const child = startCli(options, 'backup', '--vault', vault, '--path', large, '--json');
  child.stdout.once('data', () => child.kill('SIGINT'));
  const run = await ended(child);
  assert.equal(run.exitCode, 130);
  assert.equal(lastLine(run)['code'], 'INTERRUPTED');
  assert.deepEqual(fs.readdirSync(join(vault, 'locks')), []);
  await cliEnds(0, options, 'backup', '--vault', vault, '--path', 'data');
  await resticMustSucceed({ repository: vault, password }, 'check');
  assert.ok(!(await cli(options, 'snapshots', '--vault', vault)).stdout.includes(large));
});

function makeFile(path: string): string {
  fs.writeFileSync(path, '');
  return path;
}
