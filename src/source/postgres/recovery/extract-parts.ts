/** Copies single tables or databases out of a copy that is recovered in a sandbox, into files that go anywhere. */
import { createWriteStream } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { assert } from '../../../error/assert.ts';
import { hasCode } from '../../../error/lifeboat-error.ts';
import { clientEnvironment } from '../logical/client-environment.ts';
import { type ClientPrograms, findClientPrograms } from '../logical/client-programs.ts';
import { type ClientRun, runClient } from '../logical/run-client.ts';
import type { SandboxServer } from '../server/sandbox-server.ts';
import { quoteName } from '../wire/sql-text.ts';

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

/** Raises PROGRAM_MISSING where a database needs pg_dump, COMMAND_FAILED with its complaint, DISK_FULL. */
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
  const values = ['--format=plain', `--table=${pattern(table)}`];
  await dumpInto(run, values, `${at}.sql`, `the dump of table ${table}`);
  return await described(`${at}.sql`, 'sql');
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

/** Fails when there is a file of that name. */
async function putInPlace(part: string, to: string): Promise<void> {
  await fs.link(part, to);
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
