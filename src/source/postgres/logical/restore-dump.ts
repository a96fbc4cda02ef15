/**
 * Brings dumped databases back into a server: roles first, then each database, made anew, filled by several
 * connections, and counted. What fails in the middle is removed again: a half-filled database must not be taken for a
 * whole one.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError, systemErrorName } from '../../../error/lifeboat-error.ts';
import type { PostgresAddress } from '../wire/address.ts';
import { connectPostgres, type PostgresConnection } from '../wire/connection.ts';
import { oneValue } from '../wire/read-rows.ts';
import { quoteName, quoteText } from '../wire/sql-text.ts';
import { type AppliedGlobals, applyGlobals } from './apply-globals.ts';
import { clientEnvironment } from './client-environment.ts';
import { findClientPrograms } from './client-programs.ts';
import {
  type DumpDescription,
  type DumpedFacts,
  descriptionFile,
  dumpFolder,
  globalsFile,
  parseDescription,
} from './dump-description.ts';
import { restoredDifferences } from './restored-differences.ts';
import { type ClientRun, runClient } from './run-client.ts';
import { makeWorkFolder } from './work-folder.ts';

export interface RestoreDumpOptions {
  /** `/postgresql` of the snapshot, restored. */
  readonly folder: string;
  /** Of a role that may make databases; its database is the one to connect to before they are there. */
  readonly address: PostgresAddress;
  /** Of the dump, by name, and what each is to be called. Default: all, under their own names. */
  readonly databases?: Readonly<Record<string, string>>;
  /** Only these, such as `sales.orders`, without their indexes and without what refers to them. */
  readonly tables?: readonly string[];
  readonly globals: 'apply' | 'skip';
  readonly tablespaces: 'keep' | 'leave-out';
  /** `ours`: all belongs to the role of the address, and nobody else is granted anything. */
  readonly ownership: 'as-dumped' | 'ours';
  readonly jobs: number;
  readonly workFolder: string;
  readonly timeoutMs: number;
  readonly programsFolder?: string;
}

export interface RestoredDump {
  readonly globals: AppliedGlobals | undefined;
  readonly databases: readonly RestoredDatabase[];
}

export interface RestoredDatabase {
  readonly name: string;
  readonly restoredAs: string;
  /** Tables whose rows were counted and are as many as were dumped. */
  readonly tablesCounted: number;
  readonly rows: number;
}

/**
 * Raises RESTORE_REFUSED for a database that is there already (unless only tables are brought into it),
 * PATH_NOT_FOUND for one that was not dumped, VERIFICATION_FAILED when rows are missing afterwards, and what
 * `runClient` and the server raise.
 */
export async function restoreDump(options: RestoreDumpOptions, signal?: AbortSignal): Promise<RestoredDump> {
  const description = parseDescription(await readPart(options.folder, descriptionFile));
  const chosen = chosenOf(description, options.databases);
  await using connection = await connectPostgres(options.address, { applicationName: 'lifeboat', signal });
  for (const { restoredAs } of chosen) await refuseExisting(connection, restoredAs, options, signal);
  await using work = await makeWorkFolder(options.workFolder);
  const major = Math.max(connection.version.major, Number.parseInt(description.client, 10));
  const where = options.programsFolder === undefined ? {} : { folder: options.programsFolder };
  const run: ClientRun = {
    programs: await findClientPrograms(major, { ...where, signal }),
    environment: await clientEnvironment(options.address, work.path),
    timeoutMs: options.timeoutMs,
    signal,
  };
  const globals = options.globals === 'apply' ? await bringGlobals(connection, options, signal) : undefined;
  const databases: RestoredDatabase[] = [];
  for (const one of chosen)
    databases.push(await restoreDatabase({ options, connection, run, description, signal }, one));
  return { globals, databases };
}

interface Chosen {
  readonly facts: DumpedFacts;
  readonly restoredAs: string;
}

function chosenOf(
  { databases }: DumpDescription,
  wanted: Readonly<Record<string, string>> | undefined,
): readonly Chosen[] {
  if (wanted === undefined) return databases.map((facts) => ({ facts, restoredAs: facts.name }));
  return Object.entries(wanted).map(([name, restoredAs]) => {
    const facts = databases.find((one) => one.name === name);
    if (facts !== undefined) return { facts, restoredAs };
    const names = databases.map((one) => one.name).join(', ');
    throw new LifeboatError('PATH_NOT_FOUND', `the recovery point holds no database ${name}`, {
      hint: `Choose one of ${names}.`,
    });
  });
}

async function bringGlobals(
  connection: PostgresConnection,
  { folder, tablespaces }: RestoreDumpOptions,
  signal: AbortSignal | undefined,
): Promise<AppliedGlobals> {
  const script = await readPart(folder, globalsFile);
  return await applyGlobals(connection, script.toString(), tablespaces, signal);
}

async function readPart(folder: string, name: string): Promise<Buffer> {
  try {
    return await fs.readFile(path.join(folder, name));
  } catch (cause) {
    if (systemErrorName(cause) !== 'ENOENT') throw cause;
    throw new LifeboatError('PATH_NOT_FOUND', `there is no ${name} in ${folder}`, {
      hint: 'Choose a recovery point of a system with "method: logical", and restore it whole.',
      cause,
    });
  }
}

async function exists(
  connection: PostgresConnection,
  database: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const sql = `SELECT count(*) FROM pg_catalog.pg_database WHERE datname = ${quoteText(database)}`;
  return (await oneValue(connection, sql, signal)) !== '0';
}

async function refuseExisting(
  connection: PostgresConnection,
  database: string,
  { tables }: RestoreDumpOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (tables !== undefined || !(await exists(connection, database, signal))) return;
  throw new LifeboatError('RESTORE_REFUSED', `the server has a database ${database} already`, {
    hint: `Restore it under another name, or rename the one that is there: ALTER DATABASE ${quoteName(database)} RENAME TO …;`,
    details: { database },
  });
}

interface Restoring {
  readonly options: RestoreDumpOptions;
  readonly connection: PostgresConnection;
  readonly run: ClientRun;
  readonly description: DumpDescription;
  readonly signal: AbortSignal | undefined;
}

async function restoreDatabase(restoring: Restoring, chosen: Chosen): Promise<RestoredDatabase> {
  const { connection, signal } = restoring;
  const isOurs = !(await exists(connection, chosen.restoredAs, signal));
  try {
    await fill(restoring, chosen, isOurs);
    return await count(restoring, chosen);
  } catch (error) {
    // without the caller's signal: it may be the reason
    if (isOurs)
      await connection.query(`DROP DATABASE IF EXISTS ${quoteName(chosen.restoredAs)} WITH (FORCE)`);
    throw error;
  }
}

/** Under its own name pg_restore makes the database, with all that is set on it. */
async function fill(restoring: Restoring, { facts, restoredAs }: Chosen, isOurs: boolean): Promise<void> {
  const { options, connection, run, signal } = restoring;
  const { tables, ownership, tablespaces, jobs, folder, address } = options;
  const makesItself =
    isOurs && restoredAs === facts.name && ownership === 'as-dumped' && tables === undefined;
  if (isOurs && !makesItself) await connection.query(createDatabase(facts, restoredAs), signal);
  const values = [
    '--exit-on-error',
    '--no-password',
    `--jobs=${jobs}`,
    `--dbname=${connectionText(makesItself ? address.database : restoredAs)}`,
    ...(makesItself ? ['--create'] : []),
    ...(ownership === 'ours' ? ['--no-owner', '--no-privileges'] : []),
    ...(tablespaces === 'leave-out' ? ['--no-tablespaces'] : []),
    ...tableArguments(tables ?? []),
    path.join(folder, dumpFolder, facts.folder),
  ];
  await runClient(run, 'pg_restore', values, `the restore of database ${facts.name}`);
}

/** A name with an equals sign in it would be taken for a connection string, so that one is written. */
function connectionText(database: string): string {
  return `dbname='${database.replaceAll(/['\\]/g, '\\$&')}'`;
}

function tableArguments(tables: readonly string[]): readonly string[] {
  return tables.flatMap((table) => {
    const dot = table.indexOf('.');
    return dot === -1
      ? [`--table=${table}`]
      : [`--schema=${table.slice(0, dot)}`, `--table=${table.slice(dot + 1)}`];
  });
}

function createDatabase(facts: DumpedFacts, name: string): string {
  const { encoding, collate, ctype, localeProvider, locale } = facts;
  const provider =
    locale === null || localeProvider === 'c'
      ? ''
      : localeProvider === 'i'
        ? ` LOCALE_PROVIDER icu ICU_LOCALE ${quoteText(locale)}`
        : ` LOCALE_PROVIDER builtin BUILTIN_LOCALE ${quoteText(locale)}`;
  return (
    `CREATE DATABASE ${quoteName(name)} TEMPLATE template0 ENCODING ${quoteText(encoding)}` +
    ` LC_COLLATE ${quoteText(collate)} LC_CTYPE ${quoteText(ctype)}${provider}`
  );
}

async function count(restoring: Restoring, { facts, restoredAs }: Chosen): Promise<RestoredDatabase> {
  const { options, description, signal } = restoring;
  const wanted = Object.entries(facts.rows).filter(([table]) => options.tables?.includes(table) ?? true);
  const address = { ...options.address, database: restoredAs };
  const differences =
    description.keeps === 'schema' ? [] : await restoredDifferences(address, wanted, signal);
  if (differences.length > 0) {
    throw new LifeboatError(
      'VERIFICATION_FAILED',
      `the restored database ${restoredAs} is not what was dumped: ${differences.join('; ')}`,
      { hint: 'Restore another recovery point, and check the vault: lifeboat check --read-data.' },
    );
  }
  const rows = wanted.reduce((sum, [, one]) => sum + one, 0);
  return { name: facts.name, restoredAs, tablesCounted: wanted.length, rows };
}
