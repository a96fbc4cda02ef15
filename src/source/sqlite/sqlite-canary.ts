/** Writes a marker with time and sequence into a live database, and reads the newest one of a restored copy. */
import { assert } from '../../error/assert.ts';
import { findDatabase } from './locate-database.ts';
import { openSqliteThread } from './sqlite-thread.ts';

export interface SqliteCanary {
  /** Milliseconds since the epoch, by the clock of who wrote it. */
  readonly timeMs: number;
  readonly sequence: number;
}

export interface CanaryLimits {
  /** How many of the newest markers stay. */
  readonly rowsMax?: number;
  /** How long to wait for the application's own transaction; writers never wait for longer than one small insert. */
  readonly busyTimeoutMs?: number;
  /** A plain name: letters, digits and underscores. */
  readonly table?: string;
}

const defaults = { rowsMax: 100, busyTimeoutMs: 1000, table: 'lifeboat_canary' } as const;

/**
 * Only for plans that ask for it: it makes the table at the first call. Durable when it returns, as
 * far as the database's own settings say. Raises SOURCE_LOCKED (retryable) and the other SOURCE_* errors, and has
 * then written nothing.
 */
export async function writeSqliteCanary(
  path: string,
  canary: SqliteCanary,
  limits: CanaryLimits = {},
): Promise<void> {
  const { rowsMax, busyTimeoutMs, table } = { ...defaults, ...limits };
  requirePlainName(table);
  assert(
    Number.isSafeInteger(canary.sequence) && Number.isSafeInteger(canary.timeMs),
    'a canary of whole numbers',
  );
  const { realPath } = findDatabase(path);
  await using thread = await openSqliteThread({ path: realPath, access: 'write', busyTimeoutMs });
  // The application decides when to checkpoint its log.
  await thread.ask('execute', { sql: 'PRAGMA wal_autocheckpoint=0' });
  await thread.ask('execute', {
    sql: `BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS ${table} (sequence INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL);
      INSERT OR REPLACE INTO ${table} (sequence, time_ms) VALUES (${canary.sequence}, ${canary.timeMs});
      DELETE FROM ${table} WHERE sequence <= ${canary.sequence - rowsMax};
      COMMIT`,
  });
}

/** From a restored file that stands alone; `undefined` when it holds no marker. Raises SOURCE_* errors. */
export async function readSqliteCanary(
  restoredFile: string,
  table: string = defaults.table,
): Promise<SqliteCanary | undefined> {
  requirePlainName(table);
  const { realPath } = findDatabase(restoredFile);
  await using thread = await openSqliteThread({ path: realPath, access: 'immutable', busyTimeoutMs: 0 });
  const tables = await thread.ask('rows', {
    sql: `SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '${table}'`,
    rowsMax: 1,
  });
  if (tables.length === 0) return undefined;
  const [row] = await thread.ask('rows', {
    sql: `SELECT sequence, time_ms FROM ${table} ORDER BY sequence DESC LIMIT 1`,
    rowsMax: 1,
  });
  return row === undefined ? undefined : { sequence: Number(row[0]), timeMs: Number(row[1]) };
}

function requirePlainName(table: string): void {
  assert(/^[A-Za-z_][A-Za-z0-9_]*$/.test(table), 'the canary table has a plain name');
}
