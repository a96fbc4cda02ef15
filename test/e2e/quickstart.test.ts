/** The main job as a person starts it, and everything that may come between. */
import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { suite, test } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { cliEnds, ended, type JsonLine, jsonLines, startCli } from './cli-process.ts';

const orderNumbers = 5_000;

suite('quickstart', () => {
  test('npm start is the quickstart', () => {
    const manifest: { scripts: { start: string } } = JSON.parse(
      fs.readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8'),
    );
    assert.match(manifest.scripts.start, / src\/main\.ts quickstart$/);
  });

  test('ends verified, and its score is true', async () => {
    using folder = temporaryFolder();
    const lines = jsonLines(await cliEnds(0, { folder: folder.path }, 'quickstart', '--json'));
    const score = lines.at(-1) ?? { type: 'none' };
    assert.equal(score['verdict'], 'pass');
    assertNothingRuns(folder.path);
    assertLossIsTrue(folder.path, lines, score);
    assertUploadsAreBack(folder.path);
    assertSafetyCopies(score);
    const plan = path.join('quickstart', 'lifeboat.yaml');
    await cliEnds(0, { folder: folder.path, environment: noPassword }, 'status', '--plan', plan);
    await cliEnds(0, { folder: folder.path, environment: noPassword }, 'verify', 'uploads', '--plan', plan);
    const former = planId(folder.path);
    await stoppedEarly(folder.path, 'SIGINT');
    const left = fs.existsSync(path.join(folder.path, 'state', former));
    assert.ok(!left, 'the next start takes away what the last one left in the state folder');
  });

  test('people see all of it in 60 lines of 100 columns; a second start makes it anew', async () => {
    using folder = temporaryFolder();
    await stoppedEarly(folder.path, 'SIGINT');
    const former = planId(folder.path);
    const run = await cliEnds(0, { folder: folder.path }, 'quickstart', '--once');
    const lines = run.stdout.trimEnd().split('\n');
    assert.ok(lines.length <= 60, `${lines.length} lines`);
    const path100 = (line: string) => line.replaceAll(folder.path, '/srv');
    assert.deepEqual(
      lines.filter((line) => path100(line).length > 100),
      [],
    );
    assert.match(run.stdout, /Verified: everything that was backed up is back/);
    assert.match(run.stdout, /the vault primary is on the same disk as/);
    assert.ok(!run.stdout.includes('\u001b'), 'no colours without a terminal');
    assert.notEqual(planId(folder.path), former);
    assertNothingRuns(folder.path);
  });

  test('vaults that were damaged before the recovery end it with an error', async () => {
    using folder = temporaryFolder();
    const child = startCli({ folder: folder.path }, 'quickstart', '--hold', '--json');
    const held = await lineOf(child, 'waiting');
    assert.equal(held.type, 'waiting');
    const other = await cliEnds(11, { folder: folder.path }, 'quickstart', '--once', '--json');
    assert.equal(jsonLines(other).at(-1)?.['code'], 'PLAN_BUSY');
    for (const vault of ['primary', 'secondary'])
      flipBytes(path.join(folder.path, 'quickstart/vaults', vault));
    child.stdin.write('\n');
    const run = await ended(child);
    assert.notEqual(run.exitCode, 0);
    const last: JsonLine = JSON.parse(run.stdout.trimEnd().split('\n').at(-1) ?? '');
    assert.equal(last.type, 'error');
    assert.doesNotMatch(run.stdout, /"verdict":"pass","loss_ms"/);
    assertNothingRuns(folder.path);
  });

  test('Ctrl-C in the middle leaves nothing running and says what is there', async () => {
    using folder = temporaryFolder();
    const { exitCode, stderr } = await stoppedEarly(folder.path, 'SIGINT');
    assert.equal(exitCode, 130);
    assert.match(stderr, /What was made so far is in quickstart/);
    assertNothingRuns(folder.path);
  });

  test('not even kill -9 leaves the shop running', async () => {
    using folder = temporaryFolder();
    await stoppedEarly(folder.path, 'SIGKILL');
    await untilNothingRuns(folder.path);
  });

  test('a folder that it did not make is refused and stays as it is', async () => {
    using folder = temporaryFolder();
    fs.mkdirSync(path.join(folder.path, 'quickstart'));
    fs.writeFileSync(path.join(folder.path, 'quickstart/diary.txt'), 'mine');
    const run = await cliEnds(2, { folder: folder.path }, 'quickstart', '--once');
    assert.match(run.stderr, /holds what the quickstart did not make: diary\.txt/);
    assert.deepEqual(fs.readdirSync(path.join(folder.path, 'quickstart')), ['diary.txt']);
    assert.equal(fs.readFileSync(path.join(folder.path, 'quickstart/diary.txt'), 'utf8'), 'mine');
  });
});

/** The vaults of the quickstart have keys of their own, named in its plan. */
const noPassword = { LIFEBOAT_PASSWORD: undefined };

/** Counts again, from what lies in the folder: orders that were confirmed before the strike and are not there. */
function assertLossIsTrue(folder: string, lines: readonly JsonLine[], score: JsonLine): void {
  const confirmed = fs.readFileSync(path.join(folder, 'quickstart/confirmed-orders.log'), 'utf8').split('\n');
  const before = confirmed.filter((number) => number.startsWith('before-'));
  const after = confirmed.filter((number) => number.startsWith('after-'));
  using database = new DatabaseSync(path.join(folder, 'quickstart/shop/orders.db'));
  const has = database.prepare('SELECT 1 FROM orders WHERE number = ?');
  const lost = before.filter((number) => has.get(number) === undefined);
  assert.equal(score['rows_lost'], lost.length);
  assert.ok(lost.length > 0, 'a shop that takes orders until the disaster loses some');
  assert.ok(lost.length < before.length, 'what was confirmed before the backup is there');
  assert.deepEqual(
    after.filter((number) => has.get(number) === undefined),
    [],
  );
  assert.equal(database.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
  const old = database.prepare("SELECT count(*) AS n FROM orders WHERE number LIKE 'old-%'").get();
  assert.equal(old?.['n'], orderNumbers);
  const canary = database.prepare('SELECT max(time_ms) AS t FROM lifeboat_canary').get();
  const strike = lines.find(({ type }) => type === 'strike');
  assert.equal(score['loss_ms'], Number(strike?.['at_ms']) - Number(canary?.['t']));
  assert.ok(Number(score['rto_ms']) > Number(score['detection_ms']));
}

function assertUploadsAreBack(folder: string): void {
  const root = path.join(folder, 'quickstart');
  const sums = fs.readFileSync(path.join(root, 'uploads.sha256'), 'utf8').trimEnd().split('\n');
  assert.ok(sums.length > 50);
  for (const line of sums) {
    const [sum, name] = [line.slice(0, 64), line.slice(66)];
    const content = fs.readFileSync(path.join(root, name));
    assert.equal(createHash('sha256').update(content).digest('hex'), sum, name);
  }
  assert.ok(fs.statSync(path.join(root, 'shop/uploads/empty folder')).isDirectory());
}

function assertSafetyCopies(score: JsonLine): void {
  const copies = String(score['safety_copies']);
  const [database] = fs.globSync('orders-db/before-*/**/orders.db', { cwd: copies });
  assert.ok(database !== undefined, `the damaged database is kept below ${copies}`);
  assert.equal(fs.globSync('uploads/before-*', { cwd: copies }).length, 1);
}

function planId(folder: string): string {
  const plan = fs.readFileSync(path.join(folder, 'quickstart/.lifeboat-quickstart'), 'utf8');
  return String(JSON.parse(plan).plan_id);
}

/** Starts it and sends the signal as soon as its shop is open. */
async function stoppedEarly(folder: string, signal: NodeJS.Signals) {
  const child = startCli({ folder }, 'quickstart', '--once', '--json');
  const open = await lineOf(child, 'open');
  assert.ok(isAlive(Number(open['shop_process'])), 'the shop runs');
  child.kill(signal);
  return await ended(child);
}

async function lineOf(child: ChildProcessWithoutNullStreams, type: string): Promise<JsonLine> {
  const lines = createInterface({ input: child.stdout });
  for await (const text of on(lines)) {
    const line: JsonLine = JSON.parse(text);
    if (line.type === type) return line;
  }
  throw new Error(`it ended without a line of type ${type}`);
}

/** Unlike the interface's own iterator, leaving it does not close the stream. */
async function* on(lines: ReturnType<typeof createInterface>): AsyncGenerator<string> {
  const waiting: string[] = [];
  const state = { over: false, wake: (): void => undefined };
  lines.on('line', (line) => {
    waiting.push(line);
    state.wake();
  });
  lines.on('close', () => {
    state.over = true;
    state.wake();
  });
  while (!state.over || waiting.length > 0) {
    const line = waiting.shift();
    if (line !== undefined) yield line;
    else await new Promise<void>((resolve) => Object.assign(state, { wake: resolve }));
  }
}

function flipBytes(vault: string): void {
  for (const pack of fs.globSync('data/*/*', { cwd: vault })) {
    const file = path.join(vault, pack);
    fs.chmodSync(file, 0o600);
    const bytes = fs.readFileSync(file);
    for (let at = 10; at < bytes.length; at += 1000) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    fs.writeFileSync(file, bytes);
  }
}

/** Processes that name the folder in their command line. */
function processesOf(folder: string): readonly string[] {
  return fs.globSync('/proc/[0-9]*/cmdline').flatMap((file) => {
    try {
      const words = fs.readFileSync(file, 'utf8');
      return words.includes(folder) ? [words.replaceAll('\0', ' ')] : [];
    } catch {
      // it ended meanwhile
      return [];
    }
  });
}

function assertNothingRuns(folder: string): void {
  assert.deepEqual(processesOf(folder), []);
}

/** The shop notices that nobody reads what it says at its next report. */
async function untilNothingRuns(folder: string): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (processesOf(folder).length > 0 && Date.now() < deadlineMs)
    await new Promise((resolve) => setImmediate(resolve));
  assertNothingRuns(folder);
}

function isAlive(pid: number): boolean {
  return process.kill(pid, 0);
}
