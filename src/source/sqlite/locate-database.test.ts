import assert from 'node:assert/strict';
import fs from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { holdDescriptor } from './held-descriptor.ts';
import { findDatabase, isStillInPlace } from './locate-database.ts';

test('a link is followed, and what its file says of itself is known', () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  makeDatabase(path);
  fs.symlinkSync(path, `${folder.path}/link.db`);
  const located = findDatabase(`${folder.path}/link.db`);
  assert.equal(located.path, `${folder.path}/link.db`);
  assert.equal(located.realPath, path);
  assert.equal(located.journal, 'wal');
  assert.equal(located.header?.pageSizeBytes, 65_536);
});

test('a file that was replaced meanwhile is noticed', () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  makeDatabase(path);
  const located = findDatabase(path);
  assert.ok(isStillInPlace(located));
  makeDatabase(`${folder.path}/new.db`);
  fs.renameSync(`${folder.path}/new.db`, path);
  assert.ok(!isStillInPlace(located));
  assert.ok(isStillInPlace(findDatabase(path)));
});

test('one descriptor is held per file, and closed only when nobody can open the file any more', () => {
  using folder = temporaryFolder();
  const [first, second] = [`${folder.path}/first`, `${folder.path}/second`];
  fs.writeFileSync(first, '1');
  fs.writeFileSync(second, '2');
  const held = holdDescriptor(first);
  assert.equal(holdDescriptor(first), held);
  fs.rmSync(first);
  assert.equal(fs.fstatSync(held).nlink, 0);
  // The kernel gives the lowest free number, so the one that was closed is used again.
  assert.equal(holdDescriptor(second), held);
});

function makeDatabase(path: string): void {
  using database = new DatabaseSync(path);
  database.exec('PRAGMA page_size=65536; PRAGMA journal_mode=WAL; CREATE TABLE t (x)');
}
