/** Which table of a database has the most rows, at a glance: for proposing a check, not for proof. */
import { companionFiles, existingFiles } from './database-files.ts';
import { findDatabase } from './locate-database.ts';
import { openSqliteThread, type SqliteThread } from './sqlite-thread.ts';

const tablesMax = 1000;
const busyTimeoutMs = 1000;

/**
 * By the highest row number, which costs one page per level of a table's tree and not a walk through it. Tables
 * without row numbers count as empty; `undefined` when there is no table. Raises what opening a database raises.
 */
export async function largestTable(file: string, signal?: AbortSignal): Promise<string | undefined> {
  const { realPath, journal } = findDatabase(file);
  // Even a reader leaves a log behind where WAL mode has none at the moment; without a log the file says it all.
  const isAlone = (await existingFiles(companionFiles(realPath))).length === 0;
  const access = journal === 'wal' && isAlone ? 'immutable' : 'read';
  await using thread = await openSqliteThread({ path: realPath, access, busyTimeoutMs });
  const sql =
    `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND wr = 0 ` +
    `AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`;
  let largest: { readonly name: string; readonly rows: bigint } | undefined;
  for (const [name] of await thread.ask('rows', { sql, rowsMax: tablesMax })) {
    signal?.throwIfAborted();
    const rows = await highestRow(thread, String(name));
    if (largest === undefined || rows > largest.rows) largest = { name: String(name), rows };
  }
  return largest?.name;
}

async function highestRow(thread: SqliteThread, table: string): Promise<bigint> {
  const sql = `SELECT max(_rowid_) FROM main."${table.replaceAll('"', '""')}"`;
  const [row] = await thread.ask('rows', { sql, rowsMax: 1 });
  const highest = row?.[0];
  return typeof highest === 'bigint' || typeof highest === 'number' ? BigInt(highest) : 0n;
}
