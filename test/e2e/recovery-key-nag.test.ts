/** Backups and their status ask for a test of the recovery key, until a person has made one. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type CliRun, cli, cliEnds, jsonLines } from './cli-process.ts';

test('backup, run-due and status say so once each, and are quiet after the test', async () => {
  using folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const options = { folder: folder.path };
  mkdirSync(at('uploads'));
  writeFileSync(join(at('uploads'), 'a.txt'), 'hello');
  await cliEnds(0, options, 'vault', 'init', 'here', '--recovery-key-file', 'sheet');
  const plan = {
    version: 1,
    metadata: { id: '8d1f6a3e-52a7-4a6e-9a43-5a4f6a1c2b77', name: 'Shop', owner: 'Jane Doe' },
    vaults: { here: { location: './here' } },
    systems: {
      uploads: {
        source: { kind: 'files', paths: ['./uploads'] },
        schedule: 'monthly on the 1st at 04:00',
        checks: ['files'],
      },
    },
  };
  writeFileSync(at('lifeboat.yaml'), JSON.stringify(plan));
  const commands = [['backup'], ['backup', '--vault', 'here', '--path', 'uploads'], ['run-due'], ['status']];
  for (const words of commands)
    assert.equal(warnings(await cli(options, ...words, '--json')), 1, words.join(' '));
  assert.match((await cli(options, 'status')).stderr, /nobody has proved yet that the recovery key/);
  await cliEnds(0, options, 'key', 'test', '--recovery-key-file', 'sheet');
  for (const words of commands)
    assert.equal(warnings(await cli(options, ...words, '--json')), 0, words.join(' '));
  assert.ok(readFileSync(at('sheet'), 'utf8').length > 50);
});

function warnings(run: CliRun): number {
  return jsonLines(run).filter(
    ({ type, message }) => type === 'warning' && /recovery key/.test(String(message)),
  ).length;
}
