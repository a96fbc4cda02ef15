import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { defined } from '../../error/assert.ts';
import { hasCode } from '../../error/lifeboat-error.ts';
import { processIsAlive } from '../../platform/host.ts';
import type { Capture, CaptureEvent } from '../source.ts';
import { type CommandSourceOptions, createCommandSource } from './command-source.ts';

const nowMs = () => 1_763_600_000_000;

function source(options: Partial<CommandSourceOptions> & Pick<CommandSourceOptions, 'command'>) {
  return createCommandSource({ storedAs: 'dump.sql', timeoutMs: 20_000, uid: 0, gid: 0, nowMs, ...options });
}

type FileEvent = Extract<CaptureEvent, { kind: 'entry' }>;

async function fileOf(capture: Capture): Promise<FileEvent> {
  const events = (await Array.fromAsync(capture.events)).flat();
  assert.deepEqual(
    events.map((event) => (event.kind === 'leave' ? '' : event.name.toString())),
    ['command', 'dump.sql', ''],
  );
  return defined(
    events.find((event) => event.kind === 'entry'),
    'the file of the command',
  );
}

async function open(capture: Capture, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const { content } = await fileOf(capture);
  assert.equal(content.kind, 'stream');
  return content.open(signal);
}

test('the program inherits everything but the passwords of the vault', async () => {
  const names = [
    'LIFEBOAT_PASSWORD',
    'LIFEBOAT_PASSWORD_FILE',
    'LIFEBOAT_PASSWORD_COMMAND',
    'LIFEBOAT_TEST_OTHER',
  ];
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) process.env[name] = 'visible';
  try {
    await using capture = await source({ command: 'env', env: { GIVEN: 'by the plan' } }).capture();
    const lines = Buffer.concat(await Array.fromAsync(await open(capture)))
      .toString()
      .split('\n');
    assert.deepEqual(
      lines.filter((line) => line.endsWith('=visible')),
      ['LIFEBOAT_TEST_OTHER=visible'],
    );
    assert.ok(lines.includes('GIVEN=by the plan'));
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

/** What a run that must fail gave out, and its error. */
async function failing(options: Parameters<typeof source>[0]): Promise<{ output: string; error: unknown }> {
  await using capture = await source(options).capture();
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of await open(capture)) chunks.push(chunk);
  } catch (error) {
    return { output: Buffer.concat(chunks).toString(), error };
  }
  return assert.fail('the stream ended as if all was well');
}

test('standard output becomes one file that only its owner may read', async () => {
  await using capture = await source({ command: ['printf', '%s', 'one\ntwo'] }).capture();
  const file = await fileOf(capture);
  assert.equal(file.metadata.mode, 0o100600);
  assert.equal(file.metadata.mtimeNs, BigInt(nowMs()) * 1_000_000n);
  assert.equal(file.content.kind, 'stream');
  const output = Buffer.concat(await Array.fromAsync(file.content.open()));
  assert.equal(output.toString(), 'one\ntwo');
  const result = await capture.result();
  assert.deepEqual(result.values, { bytes: 7 });
  assert.deepEqual(result.problems, []);
});

test('a program that ends with an error fails the stream, with what it said last', async () => {
  const { output, error } = await failing({
    command: 'echo half; echo no >&2; echo "table gone" >&2; exit 3',
  });
  assert.equal(output, 'half\n');
  assert.ok(hasCode(error, 'COMMAND_FAILED'));
  assert.match(error.message, /"dump.sql" ended with exit code 3: table gone$/);
  assert.equal(error.details['stderrTail'], 'no\ntable gone\n');
});

test('a program that dies of a signal fails the stream', async () => {
  const { error } = await failing({ command: 'echo half; kill -KILL $$' });
  assert.ok(hasCode(error, 'COMMAND_FAILED'));
  assert.match(error.message, /was ended by SIGKILL/);
});

test('a program that is not there fails the stream, and is found before', async () => {
  const missing = { command: ['lifeboat-no-such-program'] };
  const { error } = await failing(missing);
  assert.ok(hasCode(error, 'COMMAND_FAILED'));
  const [finding] = await source(missing).preflight();
  assert.match(finding?.message ?? '', /"lifeboat-no-such-program" for "dump.sql" was not found/);
});

test('a program that takes too long is ended with all it started', async () => {
  using folder = temporaryFolder();
  const command = `sleep 60 & echo $! > pids; echo $$ >> pids; echo begun; wait`;
  const { output, error } = await failing({ command, cwd: folder.path, timeoutMs: 300, graceMs: 200 });
  assert.equal(output, 'begun\n');
  assert.ok(hasCode(error, 'COMMAND_TIMEOUT'));
  assertGone(path.join(folder.path, 'pids'));
});

test('an aborted signal ends the program and is the reason', async () => {
  using folder = temporaryFolder();
  const controller = new AbortController();
  const command = 'echo $$ > pids; sleep 60 & echo $! >> pids; while :; do echo more; done';
  await using capture = await source({ command, cwd: folder.path, graceMs: 200 }).capture(controller.signal);
  const reason = new Error('enough');
  const reading = (async () => {
    for await (const _ of await open(capture)) controller.abort(reason);
  })();
  await assert.rejects(reading, reason);
  assertGone(path.join(folder.path, 'pids'));
});

test('disposing ends a program that nobody reads from', async () => {
  using folder = temporaryFolder();
  const command = 'echo $$ > pids; sleep 60 & echo $! >> pids; while :; do echo more; done';
  const capture = await source({ command, cwd: folder.path, graceMs: 200 }).capture();
  const reader = (await open(capture))[Symbol.asyncIterator]();
  await reader.next();
  await capture[Symbol.asyncDispose]();
  await capture[Symbol.asyncDispose]();
  assertGone(path.join(folder.path, 'pids'));
});

test('while nobody reads, the program waits', async () => {
  using folder = temporaryFolder();
  const counter = path.join(folder.path, 'count');
  fs.writeFileSync(counter, '0');
  const command = 'i=0; while [ $i -lt 400 ]; do head -c 65536 /dev/zero; i=$((i+1)); echo $i > count; done';
  await using capture = await source({ command, cwd: folder.path }).capture();
  const reader = (await open(capture))[Symbol.asyncIterator]();
  const first = await reader.next();
  const written = await settled(() => fs.readFileSync(counter, 'utf8'));
  assert.ok(Number(written) < 100, `the program wrote ${written} blocks that nobody read`);
  let bytes = first.done ? 0 : first.value.length;
  for (let next = await reader.next(); !next.done; next = await reader.next()) bytes += next.value.length;
  assert.equal(bytes, 400 * 65_536);
});

test('the message names the file and not the command, which may hold a password', async () => {
  const { error } = await failing({ command: 'PASSWORD=geheim false' });
  assert.ok(error instanceof Error);
  assert.doesNotMatch(error.message + source({ command: 'x geheim' }).description, /geheim/);
});

test('names and commands that cannot be meant are refused', () => {
  for (const storedAs of ['', '..', 'a/b']) {
    assert.throws(() => source({ command: 'true', storedAs }), /cannot be the name of a file/);
  }
  assert.throws(() => source({ command: [] }), /the command for "dump.sql" is empty/);
});

function assertGone(pidFile: string): void {
  const pids = fs.readFileSync(pidFile, 'utf8').trim().split('\n').map(Number);
  assert.equal(pids.length, 2);
  assert.deepEqual(pids.filter(processIsAlive), []);
}

/** The value once it stays the same over many turns of the event loop, each of them with real I/O. */
async function settled(read: () => string): Promise<string> {
  for (let before = read(), same = 0; ; ) {
    await fs.promises.stat('/');
    const now = read();
    same = now === before ? same + 1 : 0;
    if (same > 2000) return now;
    before = now;
  }
}
