/** Copies single tables or databases out of a copy that is recovered in a sandbox, into files that go anywhere. */
import { createWriteStream } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { assert } from '../../../error/assert.ts';
import { hasCode, LifeboatError, systemErrorName } from '../../../error/lifeboat-error.ts';
import { clientEnvironment } from '../logical/client-environment.ts';
import { type ClientPrograms, findClientPrograms } from '../logical/client-programs.ts';
import { type ClientRun, runClient } from '../logical/run-client.ts';
import type { SandboxServer } from '../server/sandbox-server.ts';
import { quoteName, quoteText } from '../wire/sql-text.ts';

export interface WantedParts {
  /** Whole, each in a file that pg_restore reads. */
  readonly databases: readonly string[];
  /** `orders` or `sales.orders`, of `ofDatabase`: each in a file of SQL, or of comma-separated values where there is no pg_dump. */
  readonly tables: readonly string[];
  readonly ofDatabase: string;
  /** Where the files go; made when missing. Files of the same name are not replaced. */
  readonly to: string;
}

export interface ExtractOptions {
  readonly server: SandboxServer;
  readonly major: number;
  readonly wanted: WantedParts;
  /** Private. */
  readonly workFolder: string;
  readonly signal?: AbortSignal | undefined;
}

export interface ExtractedFile {
  readonly path: string;
  readonly bytes: number;
  readonly form: 'sql' | 'custom' | 'csv';
}

/** A dump of a large database takes its time. */
const dumpMsMax = 7 * 24 * 3_600_000;

/** What would keep the files from being written at the end of a long recovery: each is told as RESTORE_REFUSED. */
export async function checkPartFiles({
  databases,
  tables,
  to,
}: Omit<WantedParts, 'ofDatabase'>): Promise<readonly LifeboatError[]> {
  const names = [
    ...databases.map((database) => [`${fileName(database)}.dump`]),
    // which of the two it will be depends on the programs that are here
    ...tables.map((table) => [`${fileName(table)}.sql`, `${fileName(table)}.csv`]),
  ].flat();
  const found: LifeboatError[] = [];
  for (const name of new Set(names)) {
    const file = path.join(to, name);
    if (await isThere(file)) found.push(inTheWay(file));
    else if (names.indexOf(name) !== names.lastIndexOf(name) && !name.endsWith('.csv'))
      found.push(wantedTwice(file));
  }
  return found;
}

function wantedTwice(file: string): LifeboatError {
  return new LifeboatError('RESTORE_REFUSED', `two of what is wanted would be written to ${file}`, {
    hint: 'Restore one after the other, into different folders.',
  });
}

/** Raises PROGRAM_MISSING where a database needs pg_dump, COMMAND_FAILED with its complaint, DISK_FULL, RESTORE_REFUSED. */
export async function extractParts(options: ExtractOptions): Promise<readonly ExtractedFile[]> {
  const { wanted, server } = options;
  await fs.mkdir(wanted.to, { recursive: true });
  const files: ExtractedFile[] = [];
  for (const database of wanted.databases) {
    const to = path.join(wanted.to, `${fileName(database)}.dump`);
    const run = await clientRun(options, server.address(database), await programsOf(options));
    await dumpInto(run, ['--format=custom'], to, `the dump of database ${database}`);
    files.push(await described(to, 'custom'));
  }
  for (const table of wanted.tables) files.push(await extractTable(options, table));
  return files;
}

async function extractTable(options: ExtractOptions, table: string): Promise<ExtractedFile> {
  const { wanted, server } = options;
  const at = path.join(wanted.to, fileName(table));
  const programs = await programsOf(options).catch((error: unknown) => {
    if (hasCode(error, 'PROGRAM_MISSING')) return undefined;
    throw error;
  });
  if (programs === undefined) {
    await copyInto(options, table, `${at}.csv`);
    return await described(`${at}.csv`, 'csv');
  }
  const run = await clientRun(options, server.address(wanted.ofDatabase), programs);
  const patterns = [pattern(table), ...(await childrenOf(options, table))];
  const values = ['--format=plain', ...patterns.map((each) => `--table=${each}`)];
  await dumpInto(run, values, `${at}.sql`, `the dump of table ${table}`);
  return await described(`${at}.sql`, 'sql');
}

/** Patterns of its partitions and heirs, and of theirs: rows of a partitioned table are in nothing else, and pg_dump takes only what is named. */
async function childrenOf(
  { server, wanted, signal }: ExtractOptions,
  table: string,
): Promise<readonly string[]> {
  await using connection = await server.connect(wanted.ofDatabase, signal);
  const { rows } = await connection.query(
    `WITH RECURSIVE below AS (
         SELECT inhrelid FROM pg_catalog.pg_inherits
          WHERE inhparent = pg_catalog.to_regclass(${quoteText(pattern(table))})
          UNION
         SELECT child.inhrelid FROM pg_catalog.pg_inherits AS child JOIN below ON child.inhparent = below.inhrelid)
     SELECT nspname, relname FROM below
       JOIN pg_catalog.pg_class ON pg_class.oid = below.inhrelid
       JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
      ORDER BY nspname, relname`,
    signal,
  );
  return rows.map((names) => names.map((name) => quoteName(name ?? '')).join('.'));
}

async function programsOf({ major, signal }: ExtractOptions): Promise<ClientPrograms> {
  return await findClientPrograms(major, { signal });
}

async function clientRun(
  { workFolder, signal }: ExtractOptions,
  address: Parameters<typeof clientEnvironment>[0],
  programs: ClientPrograms,
): Promise<ClientRun> {
  return {
    programs,
    environment: await clientEnvironment(address, workFolder),
    timeoutMs: dumpMsMax,
    signal,
  };
}

/** Under another name first: what has its own name is whole. A copy that is recovered cannot tell rows of unlogged tables. */
async function dumpInto(run: ClientRun, values: readonly string[], to: string, what: string): Promise<void> {
  const part = `${to}.part`;
  try {
    await runClient(
      run,
      'pg_dump',
      [...values, '--no-unlogged-table-data', '--no-password', `--file=${part}`],
      what,
    );
    await putInPlace(part, to);
  } finally {
    await fs.rm(part, { force: true });
  }
}

async function copyInto(
  { server, wanted, signal }: ExtractOptions,
  table: string,
  to: string,
): Promise<void> {
  const name = table.split('.').map(quoteName).join('.');
  const part = `${to}.part`;
  await using connection = await server.connect(wanted.ofDatabase, signal);
  const results = connection.results(
    `copy (select * from ${name}) to stdout with (format csv, header)`,
    signal,
  );
  try {
    for await (const answer of results) {
      if (answer.kind !== 'copy-out') continue;
      await pipeline(piecesOf(answer.copy), createWriteStream(part, { mode: 0o600 }));
    }
    await putInPlace(part, to);
  } finally {
    await fs.rm(part, { force: true });
  }
}

/** A piece is good until the next is asked for, and a stream may keep it. */
async function* piecesOf(copy: { receive(): Promise<Buffer | undefined> }): AsyncGenerator<Buffer> {
  for (;;) {
    const piece = await copy.receive();
    if (piece === undefined) return;
    yield Buffer.from(piece);
  }
}

/** What came there since it was looked for is not replaced. Not every file system has hard links, so it is renamed. */
async function putInPlace(part: string, to: string): Promise<void> {
  if (await isThere(to)) throw inTheWay(to);
  await fs.rename(part, to);
}

function inTheWay(file: string): LifeboatError {
  return new LifeboatError('RESTORE_REFUSED', `${file} is there already`, {
    hint: 'Move it away, or name another folder with --to: files of tables and databases are not replaced, also not with --overwrite.',
  });
}

async function isThere(file: string): Promise<boolean> {
  return (await fs.lstat(file).catch(ignoreMissing)) !== undefined;
}

function ignoreMissing(error: unknown): undefined {
  if (!['ENOENT', 'ENOTDIR'].includes(systemErrorName(error) ?? '')) throw error;
  return undefined;
}

async function described(file: string, form: ExtractedFile['form']): Promise<ExtractedFile> {
  return { path: file, form, bytes: (await fs.stat(file)).size };
}

/** Names of tables may hold anything, a slash among it. */
function fileName(name: string): string {
  const plain = name.replaceAll(/[/\0]/g, '_').replace(/^\.+/, '_');
  assert(plain !== '', 'a table or database has a name');
  return plain;
}

/** Exactly this one, whatever stands in its name. */
function pattern(table: string): string {
  return table.split('.').map(quoteName).join('.');
}
