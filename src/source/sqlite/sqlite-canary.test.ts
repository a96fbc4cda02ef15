import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { startSqliteWriter } from '../../../test/support/sqlite-writer.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { hasCode } from '../../error/lifeboat-error.ts';
import { readSqliteCanary, writeSqliteCanary } from './sqlite-canary.ts';

const timeMs = 1_795_000_000_000;

test('the newest marker is read back, and only the last ones stay', async () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  using database = new DatabaseSync(path);
  database.exec('CREATE TABLE t (x)');
  assert.equal(await readSqliteCanary(path), undefined);
  for (let sequence = 1; sequence <= 5; sequence += 1) {
    await writeSqliteCanary(path, { sequence, timeMs: timeMs + sequence }, { rowsMax: 3 });
  }
  assert.deepEqual(await readSqliteCanary(path), { sequence: 5, timeMs: timeMs + 5 });
  assert.equal(database.prepare('SELECT count(*) AS n FROM lifeboat_canary').get()?.['n'], 3);
});

test('it comes through between the commits of a busy writer', async () => {
  for (const journal of ['wal', 'delete'] as const) {
    using folder = temporaryFolder();
    const path = `${folder.path}/app.db`;
    await using writer = await startSqliteWriter(path, { journal });
    await writeSqliteCanary(path, { sequence: 1, timeMs }, { busyTimeoutMs: 20_000 });
    await writer.nextReport();
    await writer.kill();
    using database = new DatabaseSync(path);
    assert.equal(database.prepare('SELECT time_ms AS ms FROM lifeboat_canary').get()?.['ms'], timeMs);
  }
});

test('it gives up when the application keeps its transaction open, and leaves nothing', async () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  using database = new DatabaseSync(path);
  database.exec('CREATE TABLE t (x); BEGIN IMMEDIATE');
  await assert.rejects(
    writeSqliteCanary(path, { sequence: 1, timeMs }, { busyTimeoutMs: 20 }),
    (error) => hasCode(error, 'SOURCE_LOCKED') && error.retryable,
  );
  database.exec('COMMIT');
  assert.equal(await readSqliteCanary(path), undefined);
});

test('it makes no database where there is none', async () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  await assert.rejects(writeSqliteCanary(path, { sequence: 1, timeMs }), (error) =>
    hasCode(error, 'SOURCE_MISSING'),
  );
});
