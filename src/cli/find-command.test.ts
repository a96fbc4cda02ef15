import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandEntry } from './command.ts';
import { findCommand } from './find-command.ts';

const never: CommandEntry['load'] = async () => {
  throw new Error('the table is searched without loading anything');
};
const table: readonly CommandEntry[] = ['key list', 'key add', 'status'].map((name) => ({
  name,
  summary: name,
  root: 'rescue',
  load: never,
}));

test('one word or two, switches before or behind', () => {
  for (const [words, name, rest] of [
    [['status', '--json'], 'status', ['--json']],
    [['--json', 'status'], 'status', ['--json']],
    [['key', 'list', 'x'], 'key list', ['x']],
    [['--debug', 'key', 'add', '--json'], 'key add', ['--json', '--debug']],
  ] as const) {
    const found = findCommand(words, table);
    assert.equal(found.kind === 'command' ? found.entry.name : found.kind, name);
    assert.deepEqual(found.kind === 'command' ? found.rest : [], rest);
  }
});

test('no command, half a command, help and version', () => {
  assert.deepEqual(findCommand([], table), { kind: 'program', asked: false });
  assert.deepEqual(findCommand(['-h'], table), { kind: 'program', asked: true });
  assert.deepEqual(findCommand(['--json', '--version'], table), { kind: 'version' });
  assert.deepEqual(findCommand(['key'], table), { kind: 'group', name: 'key', asked: false });
  assert.deepEqual(findCommand(['key', '--help'], table), { kind: 'group', name: 'key', asked: true });
});

test('an unknown command is told what was meant', () => {
  const hinted = (words: readonly string[], hint: RegExp) =>
    assert.throws(
      () => findCommand(words, table),
      (error: Error & { hint?: string }) => hint.test(error.hint ?? ''),
    );
  hinted(['staus'], /lifeboat status/);
  hinted(['key', 'lst'], /lifeboat key list/);
  hinted(['sing'], /--help/);
});
