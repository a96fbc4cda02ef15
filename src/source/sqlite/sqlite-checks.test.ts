import assert from 'node:assert/strict';
import fs from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { startSqliteWriter } from '../../../test/support/sqlite-writer.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { openRestoredDatabase, type RestoredDatabase } from './sqlite-checks.ts';

test('a sound database passes, and is not changed', async () => {
  using folder = temporaryFolder();
  const file = makeDatabase(folder, '');
  const before = fs.readFileSync(file);
  await using restored = await open(folder);
  assert.deepEqual(await restored.integrity(), { kind: 'passed', value: 'ok' });
  assert.deepEqual(await restored.foreignKeys(), { kind: 'passed', value: 'ok' });
  assert.deepEqual(await restored.value('SELECT sum(id) FROM child'), { kind: 'passed', value: 500_500 });
  assert.deepEqual(await restored.rowCount('Child'), { kind: 'passed', value: 1000 });
  assert.ok(fs.readFileSync(file).equals(before));
  assert.deepEqual(fs.readdirSync(folder.path), ['restored.db']);
});

test('an index that does not match its table is bad data', async () => {
  using folder = temporaryFolder();
  makeDatabase(
    folder,
    `PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON child (id)' WHERE name = 'i'`,
    false,
  );
  await using restored = await open(folder);
  const verdict = await restored.integrity();
  assert.equal(verdict.kind, 'failed');
  assert.ok(verdict.reasons.length > 1 && verdict.reasons.length <= 100);
  assert.match(verdict.reasons.join(), /missing from index i/);
});

test('overwritten pages are bad data, whichever check meets them', async () => {
  using folder = temporaryFolder();
  const file = makeDatabase(folder, '');
  const bytes = fs.readFileSync(file);
  bytes.fill(0xa5, 4096);
  fs.writeFileSync(file, bytes);
  await using restored = await open(folder);
  assert.equal((await restored.integrity()).kind, 'failed');
  assert.equal((await restored.rowCount('child')).kind, 'failed');
  assert.equal((await restored.value('SELECT sum(note) FROM child')).kind, 'failed');
});

test('a row without its parent is bad data', async () => {
  using folder = temporaryFolder();
  makeDatabase(folder, 'DELETE FROM parent WHERE id = 1');
  await using restored = await open(folder);
  assert.deepEqual(await restored.integrity(), { kind: 'passed', value: 'ok' });
  const verdict = await restored.foreignKeys();
  assert.equal(verdict.kind, 'failed');
  assert.match(verdict.reasons[0] ?? '', /^row \d+ of table child points to no row of table parent$/);
});

test('a missing table or file, and another format, are bad data', async () => {
  using folder = temporaryFolder();
  await using missing = await open(folder);
  assert.equal((await missing.integrity()).kind, 'failed');
  fs.writeFileSync(`${folder.path}/restored.db`, 'a text, not a database, '.repeat(50));
  await using text = await open(folder);
  assert.equal((await text.integrity()).kind, 'failed');
  fs.rmSync(`${folder.path}/restored.db`);
  makeDatabase(folder, '');
  await using restored = await open(folder);
  assert.deepEqual(await restored.rowCount('gone'), { kind: 'failed', reasons: ['table gone is not there'] });
});

test('a query that cannot be answered proves nothing', async () => {
  using folder = temporaryFolder();
  makeDatabase(folder, '');
  await using restored = await open(folder);
  for (const sql of [
    '',
    'SELEKT 1',
    'SELECT no_such_function()',
    'SELECT 1, 2',
    'SELECT id FROM child',
    'DELETE FROM child RETURNING id',
    `VACUUM INTO '${folder.path}/elsewhere.db'`,
  ]) {
    assert.equal((await restored.value(sql)).kind, 'inconclusive', sql);
  }
  assert.deepEqual(fs.readdirSync(folder.path), ['restored.db']);
});

test('with a log beside it, a database is checked as the log completes it', async () => {
  using folder = temporaryFolder();
  const file = `${folder.path}/restored.db`;
  const writer = await startSqliteWriter(file, { journal: 'wal' });
  const { acknowledged } = await writer.nextReport();
  await writer.kill();
  const before = fs.readFileSync(file);
  {
    await using restored = await open(folder);
    const verdict = await restored.rowCount('credit');
    assert.ok(verdict.kind === 'passed' && Number(verdict.value) >= acknowledged);
  }
  assert.ok(fs.readFileSync(file).equals(before));
  assert.deepEqual(fs.readdirSync(folder.path), [
    'restored.db',
    'restored.db-shm',
    'restored.db-wal',
    'work',
  ]);
  assert.deepEqual(fs.readdirSync(`${folder.path}/work`), []);
});

function open(folder: TemporaryFolder): Promise<RestoredDatabase> {
  return openRestoredDatabase(`${folder.path}/restored.db`, `${folder.path}/work`);
}

function makeDatabase(folder: TemporaryFolder, damage: string, defensive = true): string {
  const file = `${folder.path}/restored.db`;
  using database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  if (!defensive) database.enableDefensive(false);
  database.exec(`PRAGMA journal_mode=WAL; CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (id INTEGER PRIMARY KEY, parent REFERENCES parent, note TEXT);
    CREATE INDEX i ON child (note);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    INSERT INTO child SELECT i, 1 + i % 10, 'note ' || i FROM n;
    INSERT INTO parent SELECT DISTINCT parent FROM child; ${damage}`);
  return file;
}
