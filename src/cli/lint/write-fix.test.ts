import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { hasCode } from '../../error/lifeboat-error.ts';
import { writeFix } from './write-fix.ts';

const fixed = (fileName: string) => ({ fileName, before: 'old\n', after: 'new\n' });

test('files keep their mode, and nothing else is left in the folder', async () => {
  using folder = temporaryFolder();
  for (const name of ['a', 'b']) fs.writeFileSync(join(folder.path, name), 'old\n', { mode: 0o604 });
  fs.chmodSync(join(folder.path, 'a'), 0o604);
  await writeFix([fixed('a'), fixed('b')], folder.path);
  assert.equal(fs.readFileSync(join(folder.path, 'a'), 'utf8'), 'new\n');
  assert.equal(fs.statSync(join(folder.path, 'a')).mode & 0o7777, 0o604);
  assert.deepEqual(fs.readdirSync(folder.path).toSorted(), ['a', 'b']);
});

test('when one file is not as it was read, none is written', async () => {
  using folder = temporaryFolder();
  fs.writeFileSync(join(folder.path, 'a'), 'old\n');
  fs.writeFileSync(join(folder.path, 'b'), 'somebody else was here\n');
  await assert.rejects(writeFix([fixed('a'), fixed('b')], folder.path), (error) =>
    hasCode(error, 'PLAN_CHANGED'),
  );
  assert.equal(fs.readFileSync(join(folder.path, 'a'), 'utf8'), 'old\n');
  assert.equal(fs.readFileSync(join(folder.path, 'b'), 'utf8'), 'somebody else was here\n');
});

test('a link stays a link', async () => {
  using folder = temporaryFolder();
  fs.writeFileSync(join(folder.path, 'real'), 'old\n');
  fs.symlinkSync('real', join(folder.path, 'link'));
  await writeFix([fixed('link')], folder.path);
  assert.equal(fs.readlinkSync(join(folder.path, 'link')), 'real');
  assert.equal(fs.readFileSync(join(folder.path, 'real'), 'utf8'), 'new\n');
});
