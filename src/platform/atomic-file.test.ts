import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { writeFileAtomically } from './atomic-file.ts';

test('the file is replaced as a whole, with the mode asked for', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'key');
  await writeFileAtomically(path, 'old');
  assert.equal(lstatSync(path).mode & 0o7777, 0o600);
  await writeFileAtomically(path, Buffer.from('new'), 0o666);
  assert.equal(readFileSync(path, 'utf8'), 'new');
  assert.equal(lstatSync(path).mode & 0o7777, 0o666);
  assert.deepEqual(readdirSync(folder.path), ['key']);
});

test('a link at the path is replaced and its target untouched', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'target'), 'precious');
  symlinkSync('target', join(folder.path, 'link'));
  await writeFileAtomically(join(folder.path, 'link'), 'x');
  assert.equal(readFileSync(join(folder.path, 'target'), 'utf8'), 'precious');
  assert.ok(lstatSync(join(folder.path, 'link')).isFile());
});

test('a failure leaves no temporary file', async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'taken/inside'), { recursive: true });
  await assert.rejects(writeFileAtomically(join(folder.path, 'taken'), 'x'), { code: 'EISDIR' });
  assert.deepEqual(readdirSync(folder.path), ['taken']);
});
