import assert from 'node:assert/strict';
import fs from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { startSqliteWriter, type WriterOptions } from '../../../test/support/sqlite-writer.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../test/support/temporary-folder.ts';
import type { ErrorCode } from '../../error/codes.ts';
import { hasCode } from '../../error/lifeboat-error.ts';
import type { CaptureEvent, CaptureResult, Source } from '../source.ts';
import { openRestoredDatabase } from './sqlite-checks.ts';
import type { SqliteSourceOptions } from './sqlite-settings.ts';
import { createSqliteSource } from './sqlite-source.ts';

const roundsPerMode = 5;
const megabyte = 1_000_000;
const invariant = 'SELECT (SELECT sum(amount) FROM credit) + (SELECT sum(amount) FROM debit)';
const modes: readonly WriterOptions[] = [
  { journal: 'wal' },
  { journal: 'wal', checkpointEvery: 100, fillingBytes: 2000 },
  { journal: 'wal', checkpointEvery: 3 },
  { journal: 'delete' },
  { journal: 'truncate' },
  { journal: 'persist' },
];

for (const mode of modes) {
  test(`a live database is captured whole: ${JSON.stringify(mode)}`, async () => {
    using folder = temporaryFolder();
    const path = `${folder.path}/app.db`;
    await using writer = await startSqliteWriter(path, mode);
    const source = sourceOf(folder, { countTables: ['credit', 'debit'], queries: { invariant } });
    for (let round = 0; round < roundsPerMode; round += 1) {
      const { acknowledged } = await writer.nextReport();
      const { result, file } = await captureTo(source, folder);
      await checkCapture(file, folder, result, acknowledged);
      assert.equal(result.start.kind === 'sqlite' && result.start.journal === 'wal', mode.journal === 'wal');
      if (mode.journal === 'wal') assert.equal(result.writerPauseMs, 0);
    }
    await writer.nextReport();
  });
}

async function checkCapture(
  file: string,
  folder: TemporaryFolder,
  { values }: CaptureResult,
  acknowledged: number,
): Promise<void> {
  assert.equal(values['query:invariant'], 0);
  assert.equal(values['rows:credit'], values['rows:debit']);
  assert.ok(Number(values['rows:credit']) >= acknowledged, 'every acknowledged row was there');
  await using restored = await openRestoredDatabase(file, folder.path);
  assert.deepEqual(await restored.integrity(), { kind: 'passed', value: 'ok' });
  assert.deepEqual(await restored.value(invariant), { kind: 'passed', value: 0 });
  assert.deepEqual(await restored.rowCount('credit'), { kind: 'passed', value: values['rows:credit'] });
}

test('a database of 200 MB is captured while it is written, and the writer does not notice', async (t) => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  fill(path, 200);
  await using writer = await startSqliteWriter(path, { journal: 'wal' });
  const before = await writer.nextReport();
  const startedMs = performance.now();
  const { result, file } = await captureTo(sourceOf(folder), folder);
  const seconds = (performance.now() - startedMs) / 1000;
  const after = await writer.nextReport();
  t.diagnostic(`${Math.round(fs.statSync(file).size / megabyte / seconds)} MB/s`);
  t.diagnostic(`longest stall of the writer ${after.longestStallMs.toFixed(1)} ms`);
  assert.ok(after.acknowledged > before.acknowledged);
  assert.equal(result.writerPauseMs, 0);
  await using restored = await openRestoredDatabase(file, folder.path);
  assert.deepEqual(await restored.integrity(), { kind: 'passed', value: 'ok' });
});

test('in rollback mode the pause of the writers is measured, and bounded', async () => {
  using folder = temporaryFolder();
  fill(`${folder.path}/app.db`, 50, 'delete');
  const { result } = await captureTo(sourceOf(folder), folder);
  assert.ok(result.writerPauseMs > 0);
  await rejectsWith(sourceOf(folder, { maxWriterPauseMs: 1 }), 'SOURCE_PAUSE_EXCEEDED', /WAL mode/);
  assert.deepEqual(fs.readdirSync(`${folder.path}/work`), [], 'no copy stays behind');
});

test('a copy that a crash left behind is removed by the next capture', async () => {
  using folder = temporaryFolder();
  fill(`${folder.path}/app.db`, 1, 'delete');
  const noProcess = 2 ** 31 - 1;
  fs.mkdirSync(`${folder.path}/work/sqlite-work-${noProcess}-abc`, { recursive: true });
  await captureTo(sourceOf(folder), folder);
  assert.deepEqual(fs.readdirSync(`${folder.path}/work`), []);
});

test('what a killed writer left in the log is captured, and its files stay as they were', async () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  const writer = await startSqliteWriter(path, { journal: 'wal' });
  const { acknowledged } = await writer.nextReport();
  await writer.kill();
  const before = stateOf(path, ['', '-wal']);
  const { result } = await captureTo(sourceOf(folder, { countTables: 'all' }), folder);
  assert.ok(Number(result.values['rows:credit']) >= acknowledged);
  assert.deepEqual(stateOf(path, ['', '-wal']), before);
});

test('what a killed writer had not committed is rolled back first', async () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  leaveHotJournal(path);
  const half = fs.statSync(path).size;
  const { result, file } = await captureTo(sourceOf(folder, { countTables: ['t'] }), folder);
  assert.equal(result.values['rows:t'], 1);
  assert.ok(fs.statSync(file).size < half, 'pages of the open transaction had reached the file');
});

test('a closed database is captured without a trace, and twice the same', async () => {
  for (const journal of ['wal', 'delete'] as const) {
    using folder = temporaryFolder();
    const path = `${folder.path}/app.db`;
    fill(path, 3, journal);
    const before = stateOf(path, ['']);
    const first = await captureTo(sourceOf(folder), folder);
    const bytes = fs.readFileSync(first.file);
    const second = await captureTo(sourceOf(folder), folder);
    assert.ok(fs.readFileSync(second.file).equals(bytes));
    assert.ok(fs.readFileSync(path).equals(bytes));
    assert.deepEqual(first.result.start, second.result.start);
    assert.deepEqual(stateOf(path, ['']), before);
    assert.deepEqual(
      fs.readdirSync(folder.path).filter((name) => name.startsWith('app.db')),
      ['app.db'],
    );
  }
});

test('a checkpoint changes neither the pages of a capture nor their order', async () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  fill(path, 1);
  using database = new DatabaseSync(path);
  database.exec('UPDATE filling SET x = randomblob(1000) WHERE rowid = 1; CREATE TABLE late (x)');
  const inLog = fs.readFileSync((await captureTo(sourceOf(folder), folder)).file);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const inFile = fs.readFileSync((await captureTo(sourceOf(folder), folder)).file);
  assert.ok(inLog.equals(inFile));
});

test('our own connections in this process keep their locks', async () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  fill(path, 1);
  using database = new DatabaseSync(path);
  database.exec('INSERT INTO filling VALUES (1)');
  await captureTo(sourceOf(folder), folder);
  // An outsider that comes and goes would take the log away if this process had lost its lock.
  const writer = await startSqliteWriter(path, { journal: 'wal' });
  await writer.kill();
  const inode = fs.statSync(path).ino;
  const locks = fs.readFileSync('/proc/locks', 'utf8').split('\n');
  assert.ok(locks.some((line) => line.includes(` ${process.pid} `) && line.includes(`:${inode} `)));
});

test('events are the folders on the way, and the file with its own owner, mode and time', async () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  fill(path, 1);
  fs.chmodSync(path, 0o640);
  fs.utimesSync(path, 1_700_000_000, 1_700_000_000);
  const { events } = await captureTo(sourceOf(folder), folder);
  const names = events.map((event) => (event.kind === 'leave' ? '..' : event.name.toString()));
  const folders = folder.path.split('/').filter((name) => name !== '');
  assert.deepEqual(names, [...folders, 'app.db', ...folders.map(() => '..')]);
  const entry = events.find((event) => event.kind === 'entry');
  assert.equal(entry?.metadata.mode, 0o100640);
  assert.equal(entry?.metadata.mtimeNs, 1_700_000_000_000_000_000n);
  assert.equal(entry?.metadata.size, fs.statSync(path).size);
});

test('an empty file is an empty database, and a finding', async () => {
  using folder = temporaryFolder();
  fs.writeFileSync(`${folder.path}/app.db`, '');
  const source = sourceOf(folder, { countTables: 'all' });
  const { result, file } = await captureTo(source, folder);
  assert.equal(fs.statSync(file).size, 0);
  assert.equal(result.values['pages'], 0);
  assert.match((await source.preflight())[0]?.message ?? '', /is an empty file/);
});

test('what cannot be captured is an error that says why', async () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  const source = sourceOf(folder, { busyTimeoutMs: 50 });
  await rejectsWith(source, 'SOURCE_MISSING', /restore it/);
  fs.writeFileSync(path, 'this is a text file, '.repeat(100));
  await rejectsWith(source, 'SOURCE_INVALID', /Check the path/);
  fs.rmSync(path);
  fs.mkdirSync(path);
  await rejectsWith(source, 'SOURCE_INVALID', /Check the path/);
  await rejectsWith(sourceOf(folder, { path: 'app.db' }), 'SOURCE_INVALID', /from the root/);
});

test('a database that lost its end, or its schema, is damaged', async () => {
  for (const journal of ['wal', 'delete'] as const) {
    using folder = temporaryFolder();
    const path = `${folder.path}/app.db`;
    fill(path, 1, journal);
    fs.truncateSync(path, 100 * 4096);
    await rejectsWith(sourceOf(folder), 'SOURCE_DAMAGED', /proven point/);
    fill(path, 1, journal);
    overwrite(path, 100, Buffer.alloc(3000, 0xff));
    await rejectsWith(sourceOf(folder), 'SOURCE_DAMAGED', /proven point/);
  }
});

test('a database that another process keeps locked is locked', async () => {
  for (const journal of ['wal', 'delete'] as const) {
    using folder = temporaryFolder();
    const path = `${folder.path}/app.db`;
    fill(path, 1, journal);
    using holder = new DatabaseSync(path);
    holder.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; INSERT INTO filling VALUES (1)');
    await rejectsWith(sourceOf(folder, { busyTimeoutMs: 50 }), 'SOURCE_LOCKED', /keeps a transaction open/);
    holder.exec('ROLLBACK');
  }
});

test('two captures at once do not disturb each other', async () => {
  for (const journal of ['wal', 'delete'] as const) {
    using first = temporaryFolder();
    using second = temporaryFolder();
    await using writer = await startSqliteWriter(`${first.path}/app.db`, { journal });
    const { acknowledged } = await writer.nextReport();
    const source = sourceOf(first, { countTables: ['credit', 'debit'], queries: { invariant } });
    const captured = await Promise.all([captureTo(source, first), captureTo(source, second)]);
    for (const { file, result } of captured) await checkCapture(file, first, result, acknowledged);
  }
});

test('every ordinary table is counted, whatever its name, and figures keep their worth', async () => {
  using folder = temporaryFolder();
  const name = 'we"ird; table';
  {
    using database = new DatabaseSync(`${folder.path}/app.db`);
    database.exec(`CREATE TABLE "we""ird; table" (x); INSERT INTO "we""ird; table" VALUES (1), (2);
      CREATE VIRTUAL TABLE search USING fts5 (words); PRAGMA user_version=42;
      CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT)`);
  }
  const queries = { large: 'SELECT 9007199254740993', none: 'SELECT NULL', bytes: `SELECT x'00ff'` };
  const { result } = await captureTo(sourceOf(folder, { countTables: 'all', queries }), folder);
  const { pages, schemaVersion, ...values } = result.values;
  assert.ok(Number(pages) > 1 && Number(schemaVersion) > 1);
  assert.deepEqual(values, {
    userVersion: 42,
    [`rows:${name}`]: 2,
    'rows:counted': 0,
    'query:large': '9007199254740993',
    'query:none': 'NULL',
    'query:bytes': '00ff',
  });
  await rejectsWith(sourceOf(folder, { countTables: ['gone'] }), 'SOURCE_INVALID', /Check the tables/);
  await rejectsWith(sourceOf(folder, { queries: { two: 'SELECT 1, 2' } }), 'SOURCE_INVALID', /one column/);
});

test('queries of the plan can neither write nor reach other files', async () => {
  using folder = temporaryFolder();
  for (const journal of ['wal', 'delete'] as const) {
    fill(`${folder.path}/app.db`, 1, journal);
    for (const sql of [
      'DELETE FROM filling',
      `ATTACH '${folder.path}/other.db' AS other`,
      `VACUUM INTO '${folder.path}/other.db'`,
    ]) {
      await assert.rejects(captureTo(sourceOf(folder, { queries: { q: sql } }), folder), (error) =>
        hasCode(error, 'SOURCE_DENIED', 'SOURCE_INVALID'),
      );
    }
    assert.ok(!fs.existsSync(`${folder.path}/other.db`));
  }
});

test('an application with an old library is warned of', async () => {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  fill(path, 1);
  const version = Buffer.alloc(4);
  for (const [number, isWarned] of [
    [3_040_001, true],
    [3_050_007, false],
    [3_051_002, true],
    [3_051_003, false],
  ] as const) {
    version.writeUInt32BE(number);
    overwrite(path, 96, version);
    assert.equal((await sourceOf(folder).preflight()).length === 1, isWarned, String(number));
  }
});

function sourceOf(folder: TemporaryFolder, options: Partial<SqliteSourceOptions> = {}): Source {
  return createSqliteSource({
    path: `${folder.path}/app.db`,
    workFolder: `${folder.path}/work`,
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    ...options,
  });
}

interface Captured {
  readonly result: CaptureResult;
  readonly file: string;
  readonly events: readonly CaptureEvent[];
}

async function captureTo(source: Source, folder: TemporaryFolder): Promise<Captured> {
  await using capture = await source.capture();
  const file = `${folder.path}/captured`;
  const events: CaptureEvent[] = [];
  for await (const batch of capture.events) {
    for (const event of batch) {
      events.push(event);
      if (event.kind !== 'entry' || event.content.kind !== 'stream') continue;
      fs.writeFileSync(file, '');
      for await (const chunk of event.content.open()) fs.appendFileSync(file, chunk);
    }
  }
  return { result: await capture.result(), file, events };
}

async function rejectsWith(source: Source, code: ErrorCode, hint: RegExp): Promise<void> {
  await assert.rejects(source.capture(), (error) => {
    assert.ok(hasCode(error, code), String(error));
    assert.match(error.hint ?? '', hint);
    return true;
  });
}

/** Closed afterwards, so that the file stands alone. */
function fill(path: string, megabytes: number, journal: 'wal' | 'delete' = 'wal'): void {
  fs.rmSync(path, { force: true });
  using database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode=${journal}; PRAGMA synchronous=OFF; CREATE TABLE filling (x);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${megabytes})
    INSERT INTO filling SELECT randomblob(${megabyte}) FROM n`);
}

function overwrite(path: string, offset: number, bytes: Buffer): void {
  const descriptor = fs.openSync(path, 'r+');
  fs.writeSync(descriptor, bytes, 0, bytes.length, offset);
  fs.closeSync(descriptor);
}

function stateOf(path: string, suffixes: readonly string[]): readonly unknown[] {
  return suffixes.map((suffix) => {
    const { mtimeNs, size } = fs.statSync(path + suffix, { bigint: true });
    return [suffix, mtimeNs, size, fs.readFileSync(path + suffix).toString('base64')];
  });
}

/** As after a crash in the middle of a commit: pages are overwritten already, the journal can undo it. */
function leaveHotJournal(path: string): void {
  using database = new DatabaseSync(`${path}-live`);
  database.exec(`PRAGMA journal_mode=DELETE; PRAGMA cache_size=1; PRAGMA cache_spill=1;
    CREATE TABLE t (x); INSERT INTO t VALUES (1); BEGIN`);
  for (let row = 0; row < 100; row += 1) {
    database.exec('INSERT INTO t VALUES (randomblob(5000))');
  }
  fs.copyFileSync(`${path}-live`, path);
  fs.copyFileSync(`${path}-live-journal`, `${path}-journal`);
  assert.ok(fs.statSync(`${path}-journal`).size > 512);
}
