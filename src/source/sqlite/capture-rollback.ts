/**
 * Rollback-journal mode: whoever reads keeps writers from committing. So the file is copied once, as fast as the disk
 * can, to a private file under a shared lock; the lock is released, and everything else works on the copy.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { Capture } from '../source.ts';
import { captureOf } from './database-capture.ts';
import { inPlace } from './file-failure.ts';
import { isStillInPlace, type Located } from './locate-database.ts';
import type { PinnedSnapshot, PinReply } from './sqlite-operations.ts';
import type { SqliteSettings } from './sqlite-settings.ts';
import { openSqliteThread, type SqliteThread } from './sqlite-thread.ts';
import { readValues } from './sqlite-values.ts';
import { openWorkFile, type WorkFile } from './work-file.ts';

interface LockedCopy {
  readonly capturedAtMs: number;
  readonly writerPauseMs: number;
}

/** Small enough for the pause to be looked at often. */
const chunkBytesMax = 4 * 1024 * 1024;

export async function captureRollback(
  database: Located,
  settings: SqliteSettings,
  signal?: AbortSignal,
): Promise<Capture | 'changed'> {
  await using cleanup = new AsyncDisposableStack();
  const work = cleanup.use(await inPlace(settings.workFolder, () => openWorkFile(settings.workFolder)));
  const copied = await copyUnderLock(database, work, settings, signal);
  if (copied === 'changed') return 'changed';
  const thread = cleanup.use(
    await openSqliteThread({ path: work.path, access: 'immutable', busyTimeoutMs: 0 }),
  );
  const snapshot = pinnedOf(
    await thread.ask('pin', { journal: 'rollback', mainDescriptor: work.descriptor }),
    database.path,
  );
  const values = await readValues(thread, settings, signal);
  const owned = cleanup.move();
  return captureOf({
    database,
    snapshot,
    values,
    ...copied,
    thread,
    signal,
    release: () => owned.disposeAsync(),
  });
}

/**
 * Opened for writing where possible, because the journal of a crashed writer must be rolled back before the first
 * read; SQLite falls back to reading by itself.
 */
async function copyUnderLock(
  database: Located,
  work: WorkFile,
  settings: SqliteSettings,
  signal: AbortSignal | undefined,
): Promise<LockedCopy | 'changed'> {
  await using thread = await openSqliteThread({
    path: database.realPath,
    access: 'write',
    busyTimeoutMs: settings.busyTimeoutMs,
  });
  // Rolls back what a crashed writer left, and waits for a writer that is at work: neither is a pause that we cause.
  if (!(await hasJournal(thread))) return 'changed';
  const capturedAtMs = settings.nowMs();
  const startedMs = settings.monotonicMs();
  const reply = await thread.ask('pin', { journal: 'rollback', mainDescriptor: database.mainDescriptor });
  const snapshot = pinnedOf(reply, database.path);
  if (!isStillInPlace(database) || !(await hasJournal(thread))) return 'changed';
  const pauseMs = (): number => Math.ceil(settings.monotonicMs() - startedMs - snapshot.waitedMs);
  await copyPages(thread, snapshot, work, () => {
    signal?.throwIfAborted();
    if (pauseMs() > settings.maxWriterPauseMs) throw pauseExceeded(database.path, settings.maxWriterPauseMs);
  });
  await thread.ask('execute', { sql: 'COMMIT' });
  return { capturedAtMs, writerPauseMs: pauseMs() };
}

async function copyPages(
  thread: SqliteThread,
  { pageCount, pageSizeBytes }: PinnedSnapshot,
  work: WorkFile,
  check: () => void,
): Promise<void> {
  const pagesPerChunk = Math.max(1, Math.floor(chunkBytesMax / pageSizeBytes));
  for (let first = 1; first <= pageCount; first += pagesPerChunk) {
    const count = Math.min(pagesPerChunk, pageCount - first + 1);
    await thread.ask('writePages', { first, count, descriptor: work.descriptor });
    check();
  }
}

async function hasJournal(thread: SqliteThread): Promise<boolean> {
  await thread.ask('rows', { sql: 'SELECT 1 FROM sqlite_schema LIMIT 1', rowsMax: 1 });
  const [row] = await thread.ask('rows', { sql: 'PRAGMA journal_mode', rowsMax: 1 });
  return row?.[0] !== 'wal';
}

function pinnedOf(reply: PinReply, path: string): PinnedSnapshot {
  if (reply.kind === 'pinned') return reply.snapshot;
  const reason = reply.kind === 'damaged' ? reply.reason : 'it cannot be read';
  throw new LifeboatError('SOURCE_DAMAGED', `database ${path} is damaged: ${reason}`, {
    hint: 'Restore the newest proven point, or salvage with the "recover" command of the sqlite3 program.',
  });
}

function pauseExceeded(path: string, maxWriterPauseMs: number): LifeboatError {
  return new LifeboatError(
    'SOURCE_PAUSE_EXCEEDED',
    `copying database ${path} would stop its writers for longer than ${maxWriterPauseMs} ms`,
    {
      hint: 'Switch the database to WAL mode with "PRAGMA journal_mode=WAL", in which no writer waits, or raise max_writer_pause in the plan.',
      details: { path, maxWriterPauseMs },
    },
  );
}
