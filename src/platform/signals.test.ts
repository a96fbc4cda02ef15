import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RunningProgram, startProgram } from './child-process.ts';
import { processIsAlive } from './host.ts';

const script = `
import { interruptOnSignals } from '${new URL('./signals.ts', import.meta.url)}';
import { startProgram } from '${new URL('./child-process.ts', import.meta.url)}';
const child = await startProgram({ kind: 'argv', file: 'sleep', arguments: ['60'] });
using interruption = interruptOnSignals();
interruption.signal.addEventListener('abort', () => console.log(interruption.signal.reason.code));
console.log(child.pid);
await child.result;
`;

test('the first signal aborts, the second ends the process and its children at once', async () => {
  const file = process.execPath;
  await using program = await startProgram({
    kind: 'argv',
    file,
    arguments: ['--input-type=module', '-e', script],
  });
  const lines = program.stdout[Symbol.asyncIterator]();
  const child = Number((await lines.next()).value);
  assert.ok(processIsAlive(child));
  process.kill(program.pid, 'SIGINT');
  assert.equal(String((await lines.next()).value), 'INTERRUPTED\n');
  process.kill(program.pid, 'SIGTERM');
  await assertEndsWith(program, 130);
  while (processIsAlive(child)) await new Promise(setImmediate);
});

async function assertEndsWith(program: RunningProgram, exitCode: number): Promise<void> {
  const result = await program.result;
  assert.equal(result.exitCode, exitCode, result.stderrTail);
}
