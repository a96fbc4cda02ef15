/**
 * One transaction that stays open while a database is dumped, so that the dump, the counts and the queries of checks
 * see the very same state. Writers are not held up by it; what they leave behind is cleaned up later.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { PostgresAddress } from '../wire/address.ts';
import { connectPostgres, type PostgresConnection } from '../wire/connection.ts';
import { namedRows, oneRow, oneValue } from '../wire/read-rows.ts';
import { quoteText } from '../wire/sql-text.ts';

export interface HeldSnapshot extends AsyncDisposable {
  /** For `pg_dump --snapshot`. */
  readonly id: string;
  readonly database: string;
  readonly facts: DatabaseFacts;
  /** Names of ordinary tables by oid, `public.orders`, as they are. */
  tables(signal?: AbortSignal): Promise<ReadonlyMap<number, string>>;
  count(table: string, signal?: AbortSignal): Promise<TableCount>;
  /** The one value of a query. */
  value(sql: string, signal?: AbortSignal): Promise<string | null>;
}

export interface DatabaseFacts {
  readonly name: string;
  readonly owner: string;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  /** `c` of the operating system, `i` ICU, `b` PostgreSQL's own. */
  readonly localeProvider: string;
  readonly locale: string | null;
  /** `name version`, sorted. */
  readonly extensions: readonly string[];
  readonly bytes: number;
}

export interface TableCount {
  readonly oid: number;
  readonly rows: number;
  /** All its rows are its own: it is no parent and no partitioned table. */
  readonly isPlain: boolean;
}

/** Raises what connecting raises. */
export async function holdSnapshot(address: PostgresAddress, signal?: AbortSignal): Promise<HeldSnapshot> {
  const connection = await connectPostgres(address, { applicationName: 'lifeboat', signal });
  try {
    await connection.query(settings(connection.version.major), signal);
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', signal);
    const id = await oneValue(connection, 'SELECT pg_catalog.pg_export_snapshot()', signal);
    return heldOver(connection, id ?? '', await factsOf(connection, signal));
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

/** Whatever roles and databases have set, the transaction must live as long as the dump. */
function settings(major: number): string {
  const limits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
  if (major >= 17) limits.push('transaction_timeout');
  return limits.map((name) => `SET ${name} = 0;`).join(' ');
}

function heldOver(connection: PostgresConnection, id: string, facts: DatabaseFacts): HeldSnapshot {
  return {
    id,
    database: facts.name,
    facts,
    tables: (signal) => tablesOf(connection, signal),
    count: (table, signal) => countOf(connection, table, signal),
    value: (sql, signal) => oneValue(connection, sql, signal),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

async function factsOf(connection: PostgresConnection, signal?: AbortSignal): Promise<DatabaseFacts> {
  const { major } = connection.version;
  const provider = major >= 15 ? 'd.datlocprovider' : `'c'`;
  const locale = major >= 17 ? 'd.datlocale' : major >= 15 ? 'd.daticulocale' : 'NULL';
  const row = await oneRow(
    connection,
    `SELECT d.datname AS name, pg_catalog.pg_get_userbyid(d.datdba) AS owner,
       pg_catalog.pg_encoding_to_char(d.encoding) AS encoding, d.datcollate AS collate, d.datctype AS ctype,
       ${provider} AS provider, ${locale} AS locale, pg_catalog.pg_database_size(d.oid) AS bytes
     FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`,
    signal,
  );
  const extensions = await namedRows(
    connection,
    'SELECT extname, extversion FROM pg_catalog.pg_extension ORDER BY extname',
    signal,
  );
  return {
    name: row['name'] ?? '',
    owner: row['owner'] ?? '',
    encoding: row['encoding'] ?? '',
    collate: row['collate'] ?? '',
    ctype: row['ctype'] ?? '',
    localeProvider: row['provider'] ?? 'c',
    locale: row['locale'] ?? null,
    extensions: extensions.map(({ extname, extversion }) => `${extname} ${extversion}`),
    bytes: Number(row['bytes']),
  };
}

async function tablesOf(
  connection: PostgresConnection,
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, string>> {
  const rows = await namedRows(
    connection,
    `SELECT c.oid, n.nspname || '.' || c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`,
    signal,
  );
  return new Map(rows.map(({ oid, name }) => [Number(oid), name ?? '']));
}

async function countOf(
  connection: PostgresConnection,
  table: string,
  signal?: AbortSignal,
): Promise<TableCount> {
  const found = await namedRows(
    connection,
    `SELECT c.oid, c.oid::pg_catalog.regclass AS quoted, c.relkind = 'r' AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid) AS plain
     FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass(${quoteText(table)})`,
    signal,
  );
  const [row] = found;
  if (row === undefined) {
    throw new LifeboatError(
      'SOURCE_MISSING',
      `the database has no table ${table}, which the plan wants counted`,
      {
        hint: 'Correct the name in the plan, with its schema where it is not in the search path: "sales.orders".',
        details: { table },
      },
    );
  }
  const rows = Number(await oneValue(connection, `SELECT count(*) FROM ${row['quoted']}`, signal));
  return { oid: Number(row['oid']), rows, isPlain: row['plain'] === 't' };
}
