import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { startSqliteWriter } from '../../../test/support/sqlite-writer.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { hasCode } from '../../error/lifeboat-error.ts';
import { createSqliteDestination } from './sqlite-destination.ts';

interface Place {
  readonly target: string;
  readonly staged: string;
  readonly safety: string;
}

test('the log of the old database never meets the new one', async () => {
  using folder = temporaryFolder();
  const place = makePlace(folder);
  await leaveHotLog(place.target);
  const destination = createSqliteDestination({ path: place.target });
  assert.deepEqual(await destination.overwrites(), [
    place.target,
    `${place.target}-wal`,
    `${place.target}-shm`,
  ]);
  await destination.receive(place.staged);
  assert.deepEqual(fs.readdirSync(path.dirname(place.target)), ['app.db']);
  assert.deepEqual(marksOf(place.target), ['restored']);
});

test('without that care SQLite would replay the old log into the new database', async () => {
  using folder = temporaryFolder();
  const place = makePlace(folder);
  leaveWholeLog(place.target);
  fs.copyFileSync(place.staged + place.target, place.target);
  assert.throws(() => assert.deepEqual(marksOf(place.target), ['restored']));
});

test('a journal of the old database is not rolled back into the new one', async () => {
  using folder = temporaryFolder();
  const place = makePlace(folder);
  fs.writeFileSync(place.target, 'damaged beyond recognition');
  fs.writeFileSync(`${place.target}-journal`, Buffer.alloc(2000, 7));
  await createSqliteDestination({ path: place.target }).receive(place.staged);
  assert.deepEqual(fs.readdirSync(path.dirname(place.target)), ['app.db']);
  assert.deepEqual(marksOf(place.target), ['restored']);
});

test('the safety copy keeps what belongs together, and opens as the database that was there', async () => {
  using folder = temporaryFolder();
  const place = makePlace(folder);
  const acknowledged = await leaveHotLog(place.target);
  const destination = createSqliteDestination({ path: place.target });
  const kept = await destination.keepSafetyCopy(place.safety);
  assert.deepEqual(kept.problems, []);
  assert.equal((await destination.overwrites()).length, 3, 'the live database is untouched');
  const copy = place.safety + place.target;
  assert.equal(kept.bytes, sizes([copy, `${copy}-wal`, `${copy}-shm`]));
  {
    using database = new DatabaseSync(copy);
    assert.ok(Number(database.prepare('SELECT count(*) AS n FROM credit').get()?.['n']) >= acknowledged);
  }
  await destination.receive(place.staged);
  assert.deepEqual(marksOf(place.target), ['restored']);
});

test('a database that another process has open is refused, in every step', async () => {
  for (const journal of ['wal', 'delete'] as const) {
    using folder = temporaryFolder();
    const place = makePlace(folder);
    await using writer = await startSqliteWriter(place.target, { journal });
    const destination = createSqliteDestination({ path: place.target });
    const findings = await destination.preflight();
    assert.match(findings[0]?.message ?? '', new RegExp(`is open in process ${writer.processId}$`));
    const isRefused = (error: unknown) => hasCode(error, 'RESTORE_REFUSED');
    await assert.rejects(destination.keepSafetyCopy(place.safety), isRefused);
    await assert.rejects(destination.receive(place.staged), isRefused);
    await writer.nextReport();
  }
});

test('an idle connection in WAL mode is found by its locks too', async () => {
  using folder = temporaryFolder();
  const place = makePlace(folder);
  using idle = new DatabaseSync(place.target);
  idle.exec('PRAGMA journal_mode=WAL; CREATE TABLE t (x)');
  const destination = createSqliteDestination({ path: place.target });
  // This process is not counted among the users, so only SQLite itself can object.
  await assert.rejects(destination.receive(place.staged), (error) => hasCode(error, 'RESTORE_REFUSED'));
  assert.deepEqual(
    fs.readdirSync(path.dirname(place.target)).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test('mode and times are those of the restored file, and a link keeps leading to the database', async () => {
  using folder = temporaryFolder();
  const place = makePlace(folder);
  const link = `${folder.path}/link.db`;
  fs.symlinkSync(place.target, link);
  fs.writeFileSync(place.target, '');
  const staged = `${folder.path}/other-stage`;
  makeStaged(staged + link);
  fs.chmodSync(staged + link, 0o640);
  fs.utimesSync(staged + link, 1_700_000_000, 1_700_000_000);
  await createSqliteDestination({ path: link }).receive(staged);
  assert.ok(fs.lstatSync(link).isSymbolicLink());
  const stats = fs.statSync(place.target, { bigint: true });
  assert.equal(stats.mode, 0o100640n);
  assert.equal(stats.mtimeNs, 1_700_000_000_000_000_000n);
  assert.deepEqual(marksOf(place.target), ['restored']);
});

test('a folder that was lost is made again, and nothing is restored from nothing', async () => {
  using folder = temporaryFolder();
  const place = makePlace(folder);
  fs.rmSync(path.dirname(place.target), { recursive: true });
  const destination = createSqliteDestination({ path: place.target });
  await assert.rejects(destination.receive(`${folder.path}/no-stage`), (error) =>
    hasCode(error, 'PATH_NOT_FOUND'),
  );
  await destination.receive(place.staged);
  assert.deepEqual(marksOf(place.target), ['restored']);
});

test('without something to put there the database stays as it is, also after its safety copy', async () => {
  using folder = temporaryFolder();
  const place = makePlace(folder);
  fs.writeFileSync(place.target, 'the only copy');
  const destination = createSqliteDestination({ path: place.target });
  await destination.keepSafetyCopy(place.safety);
  await assert.rejects(destination.receive(`${folder.path}/no-stage`), (error) =>
    hasCode(error, 'PATH_NOT_FOUND'),
  );
  assert.equal(fs.readFileSync(place.target, 'utf8'), 'the only copy');
});

test('on one file system a restore needs no room; from another, too little room leaves the old database', async (t) => {
  using folder = temporaryFolder();
  const small = `${folder.path}/small`;
  fs.mkdirSync(small);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', small]).status !== 0) {
    t.skip('a full file system can only be made by a user who may mount one');
    return;
  }
  try {
    const target = `${small}/app.db`;
    makeStaged(target);
    const destination = createSqliteDestination({ path: target });
    const staged = `${folder.path}/stage`;
    makeStaged(staged + target);
    {
      using database = new DatabaseSync(staged + target);
      database.exec('CREATE TABLE big AS SELECT zeroblob(200000) AS content');
    }
    await destination.keepSafetyCopy(`${small}/safety`);
    await assert.rejects(destination.receive(staged), (error) => hasCode(error, 'DISK_FULL'));
    assert.deepEqual(marksOf(target), ['restored']);
    assert.deepEqual(fs.readdirSync(small).sort(), ['app.db', 'safety']);
    makeStaged(`${small}/stage${target}`);
    fs.writeFileSync(`${small}/filler`, Buffer.alloc(fs.statfsSync(small).bavail * 4096));
    fs.writeFileSync(target, '');
    assert.equal(await destination.receive(`${small}/stage`), 1);
    // SQLite itself needs room to open it
    fs.rmSync(`${small}/filler`);
    assert.deepEqual(marksOf(target), ['restored']);
  } finally {
    execFileSync('umount', [small]);
  }
});

function makePlace(folder: TemporaryFolder): Place {
  const target = `${folder.path}/production/app.db`;
  const staged = `${folder.path}/stage`;
  fs.mkdirSync(path.dirname(target));
  makeStaged(staged + target);
  return { target, staged, safety: `${folder.path}/safety` };
}

function makeStaged(file: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  using database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode=WAL; CREATE TABLE mark (name); INSERT INTO mark VALUES ('restored')`);
}

/** How many rows the killed writer had acknowledged. */
async function leaveHotLog(file: string): Promise<number> {
  const writer = await startSqliteWriter(file, { journal: 'wal' });
  const { acknowledged } = await writer.nextReport();
  await writer.kill();
  assert.ok(fs.statSync(`${file}-wal`).size > 0);
  return acknowledged;
}

/** A log that holds every page of its database, as it is before the first checkpoint. */
function leaveWholeLog(file: string): void {
  const original = `${file}-original`;
  using database = new DatabaseSync(original);
  database.exec('PRAGMA journal_mode=wal; PRAGMA wal_autocheckpoint=0; CREATE TABLE credit (id INTEGER)');
  database.exec('INSERT INTO credit VALUES (1)');
  for (const ending of ['', '-wal']) fs.copyFileSync(original + ending, file + ending);
}

function marksOf(file: string): readonly unknown[] {
  using database = new DatabaseSync(file);
  assert.deepEqual(database.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
  return database
    .prepare('SELECT name FROM mark')
    .all()
    .map((row) => row['name']);
}

function sizes(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + fs.statSync(file).size, 0);
}
