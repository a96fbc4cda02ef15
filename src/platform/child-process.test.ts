import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { type Program, runProgram, startProgram } from './child-process.ts';
import { processIsAlive } from './host.ts';

const shell = (script: string): Program => ({ kind: 'shell', script });
/** Starts a process that ignores SIGTERM, in the background, and says its id. */
const stubborn = `(trap '' TERM; while :; do sleep 0.05; done) & echo $!; wait`;

test('how a program ended is a value', async () => {
  const result = await runProgram(shell('echo out; echo err >&2; exit 3'));
  assert.equal(result.stdout.toString(), 'out\n');
  assert.equal(result.stderrTail, 'err\n');
  assert.deepEqual([result.exitCode, result.signal, result.timedOut], [3, undefined, false]);
  const killed = await runProgram(shell('kill -9 $$'));
  assert.deepEqual([killed.exitCode, killed.signal], [undefined, 'SIGKILL']);
});

test('arguments, input, folder and environment reach the program as they are', async () => {
  using folder = temporaryFolder();
  const script = 'cat; pwd; printf "%s|" "$0" "$1" "$ADDED" "${HOME-none}"';
  const result = await runProgram(
    { kind: 'argv', file: 'sh', arguments: ['-c', script, "a 'b", '$HOME'] },
    { stdin: Buffer.from('in\n'), folder: folder.path, environment: { ADDED: 'x', HOME: undefined } },
  );
  assert.equal(result.stdout.toString(), `in\n${folder.path}\na 'b|$HOME|x|none|`);
});

test('a program that does not read its input is no error', async () => {
  const result = await runProgram(shell('exit 0'), { stdin: Buffer.alloc(1_000_000) });
  assert.equal(result.exitCode, 0);
});

test('a program that cannot be started is named, its arguments are not', async () => {
  const program: Program = { kind: 'argv', file: '/absent/program', arguments: ['secret'] };
  await assert.rejects(runProgram(program), (error: Error) => {
    assert.equal(error.message, 'program "/absent/program" cannot be started: ENOENT');
    assert.ok(!JSON.stringify({ ...error, cause: error.cause }).includes('secret'));
    return true;
  });
});

test('when the time is over the whole group ends, also what ignores SIGTERM', async () => {
  const result = await runProgram(shell(`echo noted >&2; ${stubborn}`), { timeoutMs: 200, graceMs: 200 });
  assert.equal(result.timedOut, true);
  assert.equal(result.stderrTail, 'noted\n');
  assertGone(Number(result.stdout));
});

test('an abort ends the group and rejects with its reason', async () => {
  const controller = new AbortController();
  await using running = await startProgram(shell(stubborn), { signal: controller.signal, graceMs: 100 });
  const { value } = await running.stdout[Symbol.asyncIterator]().next();
  controller.abort(new Error('enough'));
  await assert.rejects(running.result, { message: 'enough' });
  assertGone(Number(value));
  await assert.rejects(startProgram(shell('true'), { signal: controller.signal }), { message: 'enough' });
});

test('disposing ends a program that still runs', async () => {
  let pid = 0;
  {
    await using running = await startProgram(shell('exec sleep 60'));
    pid = running.pid;
    assert.ok(processIsAlive(pid));
  }
  assertGone(pid);
});

test('output beyond the bound stops the program and keeps the beginning', async () => {
  const result = await runProgram(shell('exec yes'), { stdoutBytesMax: 5 });
  assert.equal(result.stdoutExceeded, true);
  assert.equal(result.stdout.toString(), 'y\ny\ny');
  assert.equal(result.timedOut, false);
});

test('a program waits while nobody reads', async () => {
  using folder = temporaryFolder();
  const done = join(folder.path, 'done');
  const script = `head -c 5000000 /dev/zero; echo yes > ${done}`;
  await using running = await startProgram(shell(script));
  let bytes = 0;
  for await (const chunk of running.stdout) {
    if (bytes === 0) assert.throws(() => readFileSync(done), { code: 'ENOENT' });
    bytes += chunk.length;
  }
  assert.equal(bytes, 5_000_000);
  assert.equal((await running.result).exitCode, 0);
  assert.equal(readFileSync(done, 'utf8'), 'yes\n');
});

test('only the end of standard error is kept', async () => {
  const result = await runProgram(shell('head -c 100000 /dev/zero | tr "\\0" x >&2; echo last >&2'));
  assert.equal(result.stderrTail.length, 16 * 1024);
  assert.ok(result.stderrTail.endsWith('xlast\n'));
});

test('a process that left the group does not hold us up', async () => {
  const result = await runProgram(shell('setsid sleep 1 & wait'), { timeoutMs: 100, graceMs: 100 });
  assert.equal(result.timedOut, true);
});

function assertGone(pid: number): void {
  assert.ok(pid > 1);
  assert.equal(processIsAlive(pid), false, `process ${pid} is gone`);
}
