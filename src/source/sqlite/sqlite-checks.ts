/** Asks a restored database whether it is sound. Nothing in it is changed. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { companionFiles, databaseFiles, existingFiles, sizeOf } from './database-files.ts';
import type { SqliteRow } from './sqlite-operations.ts';
import { openSqliteThread, type SqliteThread } from './sqlite-thread.ts';
import { countRows, oneValue } from './sqlite-values.ts';
import { makeWorkFolder } from './work-file.ts';

export type SqliteVerdict =
  | { readonly kind: 'passed'; readonly value: number | string }
  /** The data is bad. */
  | { readonly kind: 'failed'; readonly reasons: readonly string[] }
  /** The check could not be carried out; nothing is known of the data. */
  | { readonly kind: 'inconclusive'; readonly reason: string };

export interface RestoredDatabase extends AsyncDisposable {
  /** Every page, every index entry against its row; `value` is `ok`. */
  integrity(): Promise<SqliteVerdict>;
  /** `value` is `ok`; each reason names a table, a row and the table it should point into. */
  foreignKeys(): Promise<SqliteVerdict>;
  /** Any query of one row and one column; it cannot write, nor reach another database. */
  value(sql: string): Promise<SqliteVerdict>;
  /** A table that is not there is bad data. */
  rowCount(table: string): Promise<SqliteVerdict>;
}

/** Enough to see what is wrong. */
const reasonsMax = 100;
const corrupt = 11;
const notDatabase = 26;

/**
 * Opens the file without locks when it stands alone; with a log or journal beside it, which must be replayed first, on
 * a private copy below `workFolder`. What is wrong with the file shows in the verdicts, not here.
 */
export async function openRestoredDatabase(file: string, workFolder: string): Promise<RestoredDatabase> {
  await using cleanup = new AsyncDisposableStack();
  const opening = await attempt(() => openThread(file, workFolder, cleanup));
  const owned = cleanup.move();
  const ask = async (check: (thread: SqliteThread) => Promise<SqliteVerdict>): Promise<SqliteVerdict> =>
    opening.kind === 'done' ? judge(() => check(opening.value)) : verdictOf(opening.error);
  return {
    integrity: () => ask(checkIntegrity),
    foreignKeys: () => ask(checkForeignKeys),
    value: (sql) => ask(async (thread) => ({ kind: 'passed', value: await oneValue(thread, sql) })),
    rowCount: (table) => ask((thread) => checkRowCount(thread, table)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function checkIntegrity(thread: SqliteThread): Promise<SqliteVerdict> {
  const sql = `PRAGMA integrity_check(${reasonsMax})`;
  const rows = await thread.ask('rows', { sql, rowsMax: reasonsMax });
  const reasons = rows.map((row) => String(row[0])).filter((text) => text !== 'ok');
  return reasons.length === 0 ? { kind: 'passed', value: 'ok' } : { kind: 'failed', reasons };
}

async function checkForeignKeys(thread: SqliteThread): Promise<SqliteVerdict> {
  const rows = await thread.ask('rows', { sql: 'PRAGMA foreign_key_check', rowsMax: reasonsMax });
  if (rows.length === 0) return { kind: 'passed', value: 'ok' };
  return { kind: 'failed', reasons: rows.map(brokenReference) };
}

/** `rowid` is NULL for tables without one. */
function brokenReference([table, rowId, parent]: SqliteRow): string {
  return `row ${rowId ?? '?'} of table ${table} points to no row of table ${parent}`;
}

async function checkRowCount(thread: SqliteThread, table: string): Promise<SqliteVerdict> {
  const sql = `SELECT name FROM pragma_table_list WHERE schema = 'main'`;
  const rows = await thread.ask('rows', { sql, rowsMax: 100_000 });
  const isThere = rows.some((row) => String(row[0]).toLowerCase() === table.toLowerCase());
  if (!isThere) return { kind: 'failed', reasons: [`table ${table} is not there`] };
  return { kind: 'passed', value: await countRows(thread, table) };
}

async function openThread(
  file: string,
  workFolder: string,
  cleanup: AsyncDisposableStack,
): Promise<SqliteThread> {
  if ((await sizeOf(file)) === undefined) {
    throw new LifeboatError('SOURCE_MISSING', `the restored database ${file} is not there`);
  }
  const isAlone = (await existingFiles(companionFiles(file))).length === 0;
  const opened = isAlone ? file : await privateCopy(file, workFolder, cleanup);
  const access = isAlone ? 'immutable' : 'write';
  return cleanup.use(await openSqliteThread({ path: opened, access, busyTimeoutMs: 0 }));
}

async function privateCopy(file: string, workFolder: string, cleanup: AsyncDisposableStack): Promise<string> {
  const folder = cleanup.use(await makeWorkFolder(workFolder));
  for (const each of await existingFiles(databaseFiles(file))) {
    // The index of a log is never taken over: SQLite makes it anew.
    if (!each.endsWith('-shm')) await fs.copyFile(each, path.join(folder.path, path.basename(each)));
  }
  return path.join(folder.path, path.basename(file));
}

async function judge(check: () => Promise<SqliteVerdict>): Promise<SqliteVerdict> {
  const outcome = await attempt(check);
  return outcome.kind === 'done' ? outcome.value : verdictOf(outcome.error);
}

function verdictOf(error: LifeboatError): SqliteVerdict {
  const sqliteCode = error.details['sqliteCode'];
  const primaryCode = typeof sqliteCode === 'number' ? sqliteCode & 0xff : undefined;
  const isBadData = error.code === 'SOURCE_MISSING' || primaryCode === corrupt || primaryCode === notDatabase;
  return isBadData
    ? { kind: 'failed', reasons: [error.message] }
    : { kind: 'inconclusive', reason: error.message };
}

type Attempt<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'raised'; readonly error: LifeboatError };

async function attempt<T>(act: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { kind: 'done', value: await act() };
  } catch (error) {
    if (!(error instanceof LifeboatError) || error.code === 'INTERNAL') throw error;
    return { kind: 'raised', error };
  }
}
