import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProgram } from './child-process.ts';
import { bootId, pid, pidNamespace, processIsAlive, processStartTicks } from './host.ts';

test('this process is alive and has a start, an ended one has neither', async () => {
  assert.ok(processIsAlive(pid()));
  assert.match(processStartTicks(pid()) ?? '', /^\d+$/);
  let ended = 0;
  {
    await using program = await startProgram({ kind: 'argv', file: 'sleep', arguments: ['60'] });
    ended = program.pid;
    assert.ok(Number(processStartTicks(ended)) >= Number(processStartTicks(pid())));
  }
  assert.equal(processIsAlive(ended), false);
  assert.equal(processStartTicks(ended), undefined);
});

test('a process that ended and was not collected is not alive', async () => {
  // The shell becomes a sleep that never collects its child; until it has, the child must not end.
  const script = '(until grep -q sleep /proc/$$/comm; do :; done) & echo $!; exec sleep 60';
  await using program = await startProgram({ kind: 'shell', script });
  const first = await program.stdout[Symbol.asyncIterator]().next();
  const zombie = Number(first.value);
  while (processStartTicks(zombie) !== undefined) await new Promise(setImmediate);
  assert.doesNotThrow(() => process.kill(zombie, 0), 'the system still knows it');
  assert.equal(processIsAlive(zombie), false);
});

test('boot and namespace are known on Linux', { skip: process.platform !== 'linux' && 'Linux only' }, () => {
  assert.match(bootId() ?? '', /^[0-9a-f-]{36}$/);
  assert.match(pidNamespace() ?? '', /^\d+$/);
});
