/**
 * WAL mode: a read transaction is held while the pages are read, and no writer ever waits. The connection is
 * read-only, so that it cannot checkpoint, not even when it happens to be the last one to close.
 */
import fs from 'node:fs';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { Capture } from '../source.ts';
import { captureOf } from './database-capture.ts';
import { holdDescriptor } from './held-descriptor.ts';
import { isStillInPlace, type Located } from './locate-database.ts';
import type { PinnedSnapshot } from './sqlite-operations.ts';
import type { SqliteSettings } from './sqlite-settings.ts';
import { openSqliteThread, type SqliteThread } from './sqlite-thread.ts';
import { readValues } from './sqlite-values.ts';

export async function captureWal(
  database: Located,
  settings: SqliteSettings,
  signal?: AbortSignal,
): Promise<Capture | 'changed'> {
  const logWasThere = fs.existsSync(`${database.realPath}-wal`);
  await using cleanup = new AsyncDisposableStack();
  const thread = await openSqliteThread({
    path: database.realPath,
    access: 'read',
    busyTimeoutMs: settings.busyTimeoutMs,
  });
  cleanup.defer(() => closeWithoutTrace(thread, database.realPath, logWasThere, settings.busyTimeoutMs));
  if (!(await hasLog(thread))) return 'changed';
  const capturedAtMs = settings.nowMs();
  const snapshot = await pin(thread, database);
  if (!isStillInPlace(database)) return 'changed';
  const values = await readValues(thread, settings, signal);
  const owned = cleanup.move();
  return captureOf({
    database,
    snapshot,
    values,
    capturedAtMs,
    writerPauseMs: 0,
    thread,
    signal,
    release: () => owned.disposeAsync(),
  });
}

/** The first read makes the log's index, or recovers it after a crash. */
async function hasLog(thread: SqliteThread): Promise<boolean> {
  await thread.ask('rows', { sql: 'SELECT 1 FROM sqlite_schema LIMIT 1', rowsMax: 1 });
  const [row] = await thread.ask('rows', { sql: 'PRAGMA journal_mode', rowsMax: 1 });
  return row?.[0] === 'wal';
}

async function pin(thread: SqliteThread, database: Located): Promise<PinnedSnapshot> {
  const indexPath = `${database.realPath}-shm`;
  refuseUnreliableIndex(database.path, indexPath);
  const reply = await thread.ask('pin', {
    journal: 'wal',
    mainDescriptor: database.mainDescriptor,
    indexDescriptor: holdDescriptor(indexPath),
    logPath: `${database.realPath}-wal`,
  });
  if (reply.kind === 'pinned') return reply.snapshot;
  if (reply.kind === 'damaged') {
    throw new LifeboatError('SOURCE_DAMAGED', `database ${database.path} is damaged: ${reply.reason}`, {
      hint: 'Restore the newest proven point, or salvage with the "recover" command of the sqlite3 program.',
    });
  }
  throw new LifeboatError('SOURCE_LOCKED', `database ${database.path} is written too fast to find a moment`, {
    hint: 'Try again; if it stays so, let the application commit more rows at a time.',
    retryable: true,
  });
}

/** Without write access to its index, SQLite may work with a private one that nobody else can see. */
function refuseUnreliableIndex(path: string, indexPath: string): void {
  try {
    fs.accessSync(indexPath, fs.constants.R_OK | fs.constants.W_OK);
  } catch (cause) {
    throw new LifeboatError('SOURCE_DENIED', `the file ${path}-shm cannot be written`, {
      hint: 'Give this user write access to the folder of the database: in WAL mode even readers need it.',
      cause,
    });
  }
}

/**
 * A read-only connection leaves an empty log and its index behind when it was alone. A writing one that closes
 * after it takes both away, and has nothing to checkpoint, because the log is empty.
 */
async function closeWithoutTrace(
  thread: SqliteThread,
  realPath: string,
  logWasThere: boolean,
  busyTimeoutMs: number,
): Promise<void> {
  if (logWasThere || !isEmpty(`${realPath}-wal`)) return await thread[Symbol.asyncDispose]();
  await using last = new AsyncDisposableStack();
  try {
    const attached = last.use(await openSqliteThread({ path: realPath, access: 'write', busyTimeoutMs }));
    await attached.ask('rows', { sql: 'SELECT 1 FROM sqlite_schema LIMIT 1', rowsMax: 1 });
  } catch (error) {
    // A locked, protected or damaged database keeps two small files, which SQLite uses and removes the next time.
    if (!(error instanceof LifeboatError)) throw error;
  } finally {
    await thread[Symbol.asyncDispose]();
  }
}

function isEmpty(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.size === 0;
}
