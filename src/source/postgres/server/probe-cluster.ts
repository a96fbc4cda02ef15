/** Asks a restored and recovered cluster whether it is sound. Nothing in it is changed. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { parseControlFile } from '../files/control-file.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import { quoteName, quoteText } from '../wire/sql-text.ts';
import { checkAllPages, reasonsMax } from './check-pages.ts';
import type { SandboxServer } from './sandbox-server.ts';

export type ClusterVerdict =
  | { readonly kind: 'passed'; readonly value: number | string }
  /** The data is bad. */
  | { readonly kind: 'failed'; readonly reasons: readonly string[] }
  /** The check could not be carried out; nothing is known of the data. */
  | { readonly kind: 'inconclusive'; readonly reason: string };

export interface ClusterProbe extends AsyncDisposable {
  /**
   * Every page against its checksum, and in every database that has the extension amcheck every B-tree index against
   * its table and every table against itself. `value` says what was checked.
   */
  integrity(): Promise<ClusterVerdict>;
  /** Every foreign key of the database; each reason names the constraint and how many rows break it. */
  foreignKeys(): Promise<ClusterVerdict>;
  /** Any query of one row and one column; it cannot write. */
  value(sql: string): Promise<ClusterVerdict>;
  /** `schema.table`, or what the search path finds. A table that is not there is bad data. */
  rowCount(table: string): Promise<ClusterVerdict>;
  /**
   * The tables, all of the database where none is named, and their B-tree indexes, by amcheck, which is installed into a
   * copy that can be written to.
   */
  checkTables(tables?: readonly string[]): Promise<ClusterVerdict>;
  /** Whether the server here can load every extension that the database uses. */
  extensions(): Promise<ClusterVerdict>;
}

export interface ProbeOptions {
  readonly server: SandboxServer;
  readonly data: string;
  /** Whose tables are asked. */
  readonly database: string;
  readonly signal?: AbortSignal | undefined;
}

const lockMsMax = 10_000;
/** int2, int4, int8, oid, float4, float8, numeric. */
const numericOids: ReadonlySet<number> = new Set([20, 21, 23, 26, 700, 701, 1700]);
/** data_corrupted, index_corrupted, undefined_table, undefined_column, undefined_function. */
const badDataStates: ReadonlySet<string> = new Set(['XX001', 'XX002', '42P01', '42703', '42883']);

export async function probeCluster(options: ProbeOptions): Promise<ClusterProbe> {
  const { server, database, signal } = options;
  const connection = await connectReadOnly(server, database, signal);
  return {
    integrity: () => judge(() => checkIntegrity(options)),
    foreignKeys: () => judge(() => checkForeignKeys(connection, signal)),
    value: (sql) => judge(() => oneValue(connection, sql, signal)),
    rowCount: (table) => judge(() => countRows(connection, table, signal)),
    checkTables: (tables) => judge(() => checkTables(options, connection, tables)),
    extensions: () => judge(() => checkExtensions(connection, signal)),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

async function connectReadOnly(
  server: SandboxServer,
  database: string,
  signal: AbortSignal | undefined,
): Promise<PostgresConnection> {
  const connection = await server.connect(database, signal);
  // While the copy is paused, transactions that had not ended hold their locks, for as long as it is paused.
  await connection.query(
    `set default_transaction_read_only to on; set statement_timeout to 0; set lock_timeout to ${lockMsMax};
     set timezone to 'UTC'`,
  );
  return connection;
}

async function judge(check: () => Promise<ClusterVerdict>): Promise<ClusterVerdict> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof LifeboatError) || error.code === 'INTERRUPTED') throw error;
    const state = error.details['sqlstate'];
    return typeof state === 'string' && badDataStates.has(state)
      ? { kind: 'failed', reasons: [error.message] }
      : { kind: 'inconclusive', reason: error.message };
  }
}

async function oneValue(
  connection: PostgresConnection,
  sql: string,
  signal: AbortSignal | undefined,
): Promise<ClusterVerdict> {
  const { rows, columns } = await connection.query(sql, signal);
  const [row, ...others] = rows;
  const [value, ...more] = row ?? [];
  if (row === undefined || others.length > 0 || more.length > 0)
    return {
      kind: 'inconclusive',
      reason: `the query gave ${rows.length} rows of ${columns.length} columns, not one value`,
    };
  if (value === null || value === undefined)
    return { kind: 'inconclusive', reason: 'the query gave no value' };
  const number = Number(value);
  const isNumber = numericOids.has(columns[0]?.typeOid ?? 0) && Number.isFinite(number);
  // What a number cannot hold to the last digit stays text.
  const isExact = !Number.isInteger(number) || Number.isSafeInteger(number);
  return { kind: 'passed', value: isNumber && isExact ? number : value };
}

/** The name is read as it is at the capture: names in quotes are as they are, others in small letters. */
async function oidOf(
  connection: PostgresConnection,
  table: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const sql = `select pg_catalog.to_regclass(${quoteText(table)})::oid`;
  return (await connection.query(sql, signal)).rows[0]?.[0] ?? undefined;
}

async function countRows(
  connection: PostgresConnection,
  table: string,
  signal: AbortSignal | undefined,
): Promise<ClusterVerdict> {
  const oid = await oidOf(connection, table, signal);
  if (oid === undefined) return { kind: 'failed', reasons: [`there is no table ${table}`] };
  const { rows } = await connection.query(`select ${oid}::regclass::text`, signal);
  return await oneValue(connection, `select count(*) from ${rows[0]?.[0]}`, signal);
}

async function checkTables(
  { server, database, signal }: ProbeOptions,
  connection: PostgresConnection,
  tables: readonly string[] | undefined,
): Promise<ClusterVerdict> {
  const wanted = new Map<string, readonly string[]>();
  for (const table of tables ?? []) {
    const oid = await oidOf(connection, table, signal);
    if (oid === undefined) return { kind: 'failed', reasons: [`there is no table ${table}`] };
    wanted.set(table, [oid]);
  }
  if (wanted.size === 0) wanted.set(`the database ${database}`, []);
  const sum = { indexes: 0, tables: 0 };
  for (const [what, only] of wanted) {
    const checked =
      (await checkDatabase(connection, signal, only)) ??
      ((await installAmcheck(server, database, signal))
        ? await checkDatabase(connection, signal, only)
        : undefined);
    const verdict = checkedVerdict(checked, what, database);
    if (verdict !== undefined) return verdict;
    sum.indexes += checked?.indexes ?? 0;
    sum.tables += checked?.tables ?? 0;
  }
  return { kind: 'passed', value: `${sum.indexes} indexes and ${sum.tables} tables` };
}

/** `undefined` when something was looked at and found sound. */
function checkedVerdict(
  checked: DatabaseVerdict | undefined,
  what: string,
  database: string,
): ClusterVerdict | undefined {
  if (checked === undefined) {
    const reason = `the database ${database} has no extension amcheck, and this copy cannot be given it`;
    return { kind: 'inconclusive', reason };
  }
  if (checked.reasons.length > 0) return { kind: 'failed', reasons: checked.reasons.slice(0, reasonsMax) };
  return checked.indexes + checked.tables === 0
    ? { kind: 'inconclusive', reason: `amcheck has nothing to look at in ${what}` }
    : undefined;
}

/** Into a copy that is thrown away. One that is not open for writing cannot be given it. */
async function installAmcheck(
  server: SandboxServer,
  database: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  await using connection = await server.connect(database, signal);
  const { rows } = await connection.query('select pg_is_in_recovery()', signal);
  if (rows[0]?.[0] !== 'f') return false;
  await connection.query('create extension if not exists amcheck', signal);
  return true;
}

async function checkIntegrity(options: ProbeOptions): Promise<ClusterVerdict> {
  const { server, data, signal } = options;
  const control = parseControlFile(await fs.readFile(path.join(data, 'global/pg_control')));
  const done: string[] = [];
  const reasons: string[] = [];
  /** Where no page has a checksum, another database says nothing of this one. */
  let isOwnChecked = control.checksumVersion !== 0;
  if (control.checksumVersion !== 0) {
    const checked = await checkAllPages(data, control, signal);
    reasons.push(...checked.reasons);
    done.push(`${checked.pages} pages`);
  }
  const names = await withConnection(server, 'template1', signal, async (connection) => {
    const { rows } = await connection.query(
      'select datname from pg_database where datallowconn order by 1',
      signal,
    );
    return rows.flatMap(([name]) => name ?? []);
  });
  for (const name of names) {
    const checked = await withConnection(server, name, signal, (connection) =>
      checkDatabase(connection, signal),
    );
    if (checked === undefined) continue;
    isOwnChecked ||= name === options.database;
    reasons.push(...checked.reasons.map((reason) => `${name}: ${reason}`));
    done.push(`${checked.indexes} indexes and ${checked.tables} tables of ${name}`);
  }
  if (reasons.length > 0) return { kind: 'failed', reasons: reasons.slice(0, reasonsMax) };
  if (isOwnChecked) return { kind: 'passed', value: done.join(', ') };
  return {
    kind: 'inconclusive',
    reason: `the cluster has no page checksums, and the database ${options.database} has no extension amcheck`,
  };
}

interface DatabaseVerdict {
  readonly indexes: number;
  readonly tables: number;
  readonly reasons: readonly string[];
}

const sound = "c.relpersistence = 'p' and n.nspname <> 'pg_toast_temp' and n.nspname !~ '^pg_temp_'";
const indexesSql = (only: readonly string[]): string =>
  `select c.oid, c.oid::regclass::text from pg_index i join pg_class c on c.oid = i.indexrelid
  join pg_namespace n on n.oid = c.relnamespace join pg_am a on a.oid = c.relam
  where a.amname = 'btree' and c.relkind = 'i' and i.indisready and i.indisvalid and ${sound}
    ${only.length === 0 ? '' : `and i.indrelid in (${partsOf(only)})`} order by 1`;
const tablesSql = (only: readonly string[]): string =>
  `select c.oid, c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_am a on a.oid = c.relam where a.amname = 'heap' and c.relkind in ('r', 'm', 't') and ${sound}
    ${only.length === 0 ? '' : `and c.oid in (${partsOf(only)})`} order by 1`;
/** The tables, their partitions, and where they keep their large values. */
const partsOf = (oids: readonly string[]): string =>
  `with recursive part (oid) as (select unnest(array[${oids.join(',')}]::oid[])
    union select inhrelid from pg_inherits join part on inhparent = part.oid)
  select oid from part union select reltoastrelid from pg_class where oid in (select oid from part)`;

/** `undefined` where the extension is not installed. */
async function checkDatabase(
  connection: PostgresConnection,
  signal: AbortSignal | undefined,
  only: readonly string[] = [],
): Promise<DatabaseVerdict | undefined> {
  const schema = (
    await connection.query(
      "select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'amcheck'",
      signal,
    )
  ).rows[0]?.[0];
  if (schema === undefined || schema === null) return undefined;
  const prefix = quoteName(schema);
  const indexes = (await connection.query(indexesSql(only), signal)).rows;
  const tables = connection.version.major >= 14 ? (await connection.query(tablesSql(only), signal)).rows : [];
  const reasons: string[] = [];
  for (const [oid, name] of indexes) {
    const found = await badness(() =>
      connection.query(`select ${prefix}.bt_index_check(${oid}, true)`, signal),
    );
    if (found !== undefined) reasons.push(`index ${name}: ${found}`);
    if (reasons.length >= reasonsMax) break;
  }
  for (const [oid, name] of tables) {
    if (reasons.length >= reasonsMax) break;
    const found = await badness(async () => {
      const sql = `select blkno, msg from ${prefix}.verify_heapam(${oid}) limit ${reasonsMax}`;
      const { rows } = await connection.query(sql, signal);
      reasons.push(...rows.map(([block, message]) => `table ${name}, page ${block}: ${message}`));
    });
    if (found !== undefined) reasons.push(`table ${name}: ${found}`);
  }
  return { indexes: indexes.length, tables: tables.length, reasons };
}

/** What the server says of damage; other errors are raised. */
async function badness(act: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    const state = error.details['sqlstate'];
    if (state !== 'XX001' && state !== 'XX002') throw error;
    return error.message;
  }
}

const foreignKeysSql = `select conrelid::regclass::text, confrelid::regclass::text, conname,
    (select string_agg(format('c.%I = p.%I', a.attname, b.attname), ' and ' order by k.n)
      from unnest(conkey, confkey) with ordinality as k(f, t, n)
      join pg_attribute a on a.attrelid = conrelid and a.attnum = k.f
      join pg_attribute b on b.attrelid = confrelid and b.attnum = k.t),
    (select string_agg(format('c.%I is not null', a.attname), ' and ')
      from unnest(conkey) as k(f) join pg_attribute a on a.attrelid = conrelid and a.attnum = k.f)
  from pg_constraint where contype = 'f' and convalidated order by 1, 3`;

async function checkForeignKeys(
  connection: PostgresConnection,
  signal: AbortSignal | undefined,
): Promise<ClusterVerdict> {
  const { rows } = await connection.query(foreignKeysSql, signal);
  const reasons: string[] = [];
  for (const [child, parent, name, matches, given] of rows) {
    const sql = `select count(*) from ${child} c where ${given} and not exists (select 1 from ${parent} p where ${matches})`;
    const broken = Number((await connection.query(sql, signal)).rows[0]?.[0]);
    if (broken > 0) reasons.push(`${broken} rows of ${child} point to no row of ${parent} (${name})`);
  }
  return reasons.length === 0 ? { kind: 'passed', value: 'ok' } : { kind: 'failed', reasons };
}

async function checkExtensions(
  connection: PostgresConnection,
  signal: AbortSignal | undefined,
): Promise<ClusterVerdict> {
  const { rows } = await connection.query(
    `select e.extname, a.name is not null from pg_extension e left join pg_available_extensions a on a.name = e.extname
      order by 1`,
    signal,
  );
  const missing = rows.filter(([, isThere]) => isThere !== 't').map(([name]) => name);
  return missing.length === 0
    ? { kind: 'passed', value: rows.length }
    : { kind: 'inconclusive', reason: `this server cannot load the extensions ${missing.join(', ')}` };
}

async function withConnection<T>(
  server: SandboxServer,
  database: string,
  signal: AbortSignal | undefined,
  act: (connection: PostgresConnection) => Promise<T>,
): Promise<T> {
  await using connection = await connectReadOnly(server, database, signal);
  return await act(connection);
}
