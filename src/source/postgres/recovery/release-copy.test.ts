import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { lookAtCopy } from './release-copy.ts';

test('settings that may hold a password are told without their value', async () => {
  using folder = temporaryFolder();
  const conf = [
    `archive_mode = on`,
    `archive_command = 'curl -u me:geheim https://archive/%f -T %p'`,
    `restore_command='curl -u me:geheim https://archive/%f -o %p'`,
    `archive_cleanup_command 'clean geheim %r'`,
    `recovery_end_command = 'tell geheim'`,
    `ssl_passphrase_command = 'echo geheim'`,
    `primary_conninfo = 'host=a password=geheim'`,
  ];
  fs.writeFileSync(path.join(folder.path, 'PG_VERSION'), '15\n');
  fs.writeFileSync(path.join(folder.path, 'postgresql.conf'), conf.join('\n'));
  const { settings } = await lookAtCopy(folder.path);
  assert.deepEqual(settings, [
    'archive_mode = on',
    'primary_conninfo = …',
    'archive_command = …',
    'restore_command = …',
    'archive_cleanup_command = …',
    'recovery_end_command = …',
    'ssl_passphrase_command = …',
  ]);
});
