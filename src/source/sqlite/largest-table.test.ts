import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { largestTable } from './largest-table.ts';

const tables =
  'create table small(x); insert into small values (1);' +
  'create table "odd ""name"(x); insert into "odd ""name" values (1), (2), (3);' +
  'create table keyed(k primary key) without rowid; create view seen as select * from small;';

test('the table with the most rows is named, and a database in WAL mode that nobody has open stays alone', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'a.db');
  const made = new DatabaseSync(file);
  made.exec(`pragma journal_mode=wal; ${tables}`);
  made.close();
  assert.equal(await largestTable(file), 'odd "name');
  assert.deepEqual(fs.readdirSync(folder.path), ['a.db']);
});

test('what a writer has not checkpointed yet counts', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'a.db');
  using writer = new DatabaseSync(file);
  writer.exec(`pragma journal_mode=wal; ${tables} insert into small values (2), (3), (4), (5);`);
  assert.equal(await largestTable(file), 'small');
});

test('a database without tables has none, another file is refused', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'a.db');
  fs.writeFileSync(file, '');
  assert.equal(await largestTable(file), undefined);
  fs.writeFileSync(file, 'plain text that is long enough to be mistaken for something else'.repeat(3));
  await assert.rejects(largestTable(file), { code: 'SOURCE_INVALID' });
});
