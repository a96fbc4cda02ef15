/** Figures of one state of a database, for comparison after a restore. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { SqliteRow, SqliteValue } from './sqlite-operations.ts';
import type { SqliteThread } from './sqlite-thread.ts';

export interface ValueRequest {
  readonly countTables: readonly string[] | 'all';
  readonly queries: Readonly<Record<string, string>>;
}

export type SqliteValues = Readonly<Record<string, number | string>>;

/** More tables than any schema has in earnest. */
const tablesMax = 10_000;

/** All in the transaction that the thread has open, or on a file that nobody changes. */
export async function readValues(
  thread: SqliteThread,
  request: ValueRequest,
  signal?: AbortSignal,
): Promise<SqliteValues> {
  const values: Record<string, number | string> = {
    pages: await oneValue(thread, 'PRAGMA page_count'),
    schemaVersion: await oneValue(thread, 'PRAGMA schema_version'),
    userVersion: await oneValue(thread, 'PRAGMA user_version'),
  };
  const tables = request.countTables === 'all' ? await ordinaryTables(thread) : request.countTables;
  for (const table of tables) {
    signal?.throwIfAborted();
    values[`rows:${table}`] = await countRows(thread, table);
  }
  for (const [name, sql] of Object.entries(request.queries)) {
    signal?.throwIfAborted();
    values[`query:${name}`] = await oneValue(thread, sql);
  }
  return values;
}

export function countRows(thread: SqliteThread, table: string): Promise<number | string> {
  return oneValue(thread, `SELECT count(*) FROM main.${quoted(table)}`);
}

/**
 * The first column of the only row: numbers beyond 2^53 as text, bytes in hexadecimal digits, NULL as the text
 * `NULL`. Raises SOURCE_INVALID for no row or several.
 */
export async function oneValue(thread: SqliteThread, sql: string): Promise<number | string> {
  const [row, second] = await thread.ask('rows', { sql, rowsMax: 2 });
  if (row?.length !== 1 || second !== undefined) {
    throw new LifeboatError('SOURCE_INVALID', `the query does not give one value: ${sql}`, {
      hint: 'Write a query with one column and one row, such as "select count(*) from orders".',
    });
  }
  return plainValue(row[0] ?? null);
}

function plainValue(value: SqliteValue): number | string {
  if (value === null) return 'NULL';
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

/** Neither SQLite's own nor virtual ones, which may need a module that only the application has. */
async function ordinaryTables(thread: SqliteThread): Promise<readonly string[]> {
  const sql = `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`;
  const rows = await thread.ask('rows', { sql, rowsMax: tablesMax });
  return rows.map((row: SqliteRow) => String(row[0]));
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
