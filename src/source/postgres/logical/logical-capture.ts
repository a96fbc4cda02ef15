/** One capture by dumps: database after database, each dumped, read back, stored and removed before the next. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { assert } from '../../../error/assert.ts';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { groupName, userName } from '../../../platform/posix/accounts.ts';
import type { EntryMetadata } from '../../entry-metadata.ts';
import type { Capture, CaptureEvent, CaptureResult } from '../../source.ts';
import { clientEnvironment } from './client-environment.ts';
import { findClientPrograms } from './client-programs.ts';
import { readServer, type ServerFacts } from './databases.ts';
import { type DumpedDatabase, type DumpedFile, dumpDatabase } from './dump-database.ts';
import {
  type DumpDescription,
  type DumpedFacts,
  descriptionFile,
  dumpFolder,
  encodeDescription,
  folderOf,
  globalsFile,
} from './dump-description.ts';
import { type HeldSnapshot, holdSnapshot, type TableCount } from './held-snapshot.ts';
import type { LogicalSourceOptions } from './logical-settings.ts';
import { type ClientRun, runClient } from './run-client.ts';
import { type ReadFile, readDumpFile, readTableFile } from './table-file.ts';
import { makeWorkFolder, type WorkFolder } from './work-folder.ts';

const filesPerBatch = 32;

interface Work {
  readonly options: LogicalSourceOptions;
  readonly server: ServerFacts;
  readonly folder: WorkFolder;
  readonly run: ClientRun;
  readonly signal: AbortSignal;
  readonly capturedAtMs: number;
  readonly values: Record<string, number | string>;
  /** What must have ended before the folder is removed. */
  busy: Promise<unknown>;
  held: HeldSnapshot | undefined;
  isDone: boolean;
}

export async function captureDump(options: LogicalSourceOptions, signal?: AbortSignal): Promise<Capture> {
  const stopping = new AbortController();
  const all = signal === undefined ? stopping.signal : AbortSignal.any([stopping.signal, signal]);
  const work = await prepare(options, all);
  return {
    events: eventsOf(work),
    async result(): Promise<CaptureResult> {
      assert(work.isDone, 'the dump was read to its end before the result was asked for');
      const none = { kind: 'none' } as const;
      const { capturedAtMs, values } = work;
      return { start: none, end: none, capturedAtMs, values, problems: [], writerPauseMs: 0 };
    },
    async [Symbol.asyncDispose]() {
      stopping.abort(new LifeboatError('INTERRUPTED', 'the capture of the dump was disposed'));
      await Promise.allSettled([work.busy]);
      await work.held?.[Symbol.asyncDispose]();
      await work.folder[Symbol.asyncDispose]();
    },
  };
}

async function prepare(options: LogicalSourceOptions, signal: AbortSignal): Promise<Work> {
  const { address, databases, programsFolder, timeoutMs, nowMs } = options;
  const server = await readServer(address, databases, signal);
  const where = programsFolder === undefined ? {} : { folder: programsFolder };
  const programs = await findClientPrograms(server.version.major, { ...where, signal });
  const capturedAtMs = nowMs();
  const folder = await makeWorkFolder(options.workFolder);
  try {
    const environment = await clientEnvironment(address, folder.path);
    const values = { server: `PostgreSQL ${server.version.text}`, database: address.database };
    const run: ClientRun = { programs, environment, timeoutMs, signal };
    const busy = Promise.resolve();
    return {
      options,
      server,
      folder,
      run,
      signal,
      capturedAtMs,
      values,
      busy,
      held: undefined,
      isDone: false,
    };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

async function* eventsOf(work: Work): AsyncGenerator<readonly CaptureEvent[], void> {
  const globals = await attending(work, dumpGlobals(work));
  yield [enter(work, 'postgresql'), fileOf(work, globalsFile, globals.sql), enter(work, dumpFolder)];
  const databases: DumpedFacts[] = [];
  for (const name of work.server.databases) {
    work.held = await attending(work, holdSnapshot({ ...work.options.address, database: name }, work.signal));
    const facts = yield* databaseEvents(work, work.held);
    databases.push(facts);
    await work.held[Symbol.asyncDispose]();
  }
  const description: DumpDescription = {
    version: 1,
    server: work.server.version.text,
    client: work.run.programs.version,
    keeps: work.options.keeps,
    globals: globals.kind,
    databases,
  };
  yield [leave, fileOf(work, descriptionFile, encodeDescription(description)), leave];
  work.isDone = true;
}

/** Remembers what is under way, so that a capture that is given up waits for it. */
async function attending<T>(work: Work, doing: Promise<T>): Promise<T> {
  work.busy = doing;
  return await doing;
}

interface Globals {
  readonly kind: DumpDescription['globals'];
  readonly sql: Buffer;
}

async function dumpGlobals({ server, run, options }: Work): Promise<Globals> {
  const kind = server.readsPasswords ? 'whole' : 'without-passwords';
  const values = [
    '--globals-only',
    '--no-password',
    `--database=${options.address.database}`,
    ...(kind === 'whole' ? [] : ['--no-role-passwords']),
  ];
  return {
    kind,
    sql: Buffer.from(await runClient(run, 'pg_dumpall', values, 'the dump of roles and tablespaces')),
  };
}

async function* databaseEvents(
  work: Work,
  held: HeldSnapshot,
): AsyncGenerator<readonly CaptureEvent[], DumpedFacts> {
  const { options, folder, signal, values } = work;
  const { facts } = held;
  const name = folderOf(facts.name);
  const isMain = facts.name === options.address.database;
  const counts = isMain ? await attending(work, measure(work, held)) : new Map<number, TableCount>();
  values[`extensions:${facts.name}`] = facts.extensions.join(', ');
  const run = {
    ...work.run,
    environment: { ...work.run.environment, PGDATABASE: facts.name },
  };
  const into = path.join(folder.path, 'database');
  const dumped = await attending(work, dumpDatabase(run, held, into, options));
  const tables = await held.tables(signal);
  const reading = readingOf(dumped);
  yield [enter(work, name)];
  for (let at = 0; at < reading.length; at += filesPerBatch)
    yield reading.slice(at, at + filesPerBatch).map((one) => streamOf(work, one));
  // a file is removed when it was read, and the next database needs the room
  await Promise.all(reading.map(({ consumed }) => consumed.promise));
  signal.throwIfAborted();
  yield [leave];
  await fs.rm(into, { recursive: true });
  const rows: Record<string, number> = {};
  for (const { file, read } of reading) {
    if (file.table === undefined) continue;
    requireRows(counts.get(file.table), tables.get(file.table) ?? file.name, read.rows);
    rows[tables.get(file.table) ?? `oid ${file.table}`] = read.rows;
  }
  values[`bytes:${facts.name}`] = reading.reduce((sum, { read }) => sum + read.bytes, 0);
  return { ...facts, folder: name, rows };
}

/** What the plan wants to know of the database, by oid of the table where it is a count. */
async function measure(
  { options, values, signal }: Work,
  held: HeldSnapshot,
): Promise<ReadonlyMap<number, TableCount>> {
  const counts = new Map<number, TableCount>();
  for (const table of options.countTables) {
    const count = await held.count(table, signal);
    values[`rows:${table}`] = count.rows;
    if (options.keeps === 'everything' && count.isPlain) counts.set(count.oid, count);
  }
  for (const [name, sql] of Object.entries(options.queries)) {
    const value = await held.value(sql, signal);
    values[`query:${name}`] = value ?? '';
  }
  return counts;
}

function requireRows(count: TableCount | undefined, table: string, rows: number): void {
  if (count === undefined || count.rows === rows) return;
  throw new LifeboatError(
    'SOURCE_DAMAGED',
    `the dump holds ${rows} rows of ${table}, and the server counted ${count.rows} at the same moment`,
    { hint: 'Look at the row security of the table, and at its indexes: REINDEX TABLE and pg_amcheck.' },
  );
}

interface Reading {
  readonly file: DumpedFile;
  readonly path: string;
  readonly read: ReadFile;
  readonly consumed: PromiseWithResolvers<void>;
}

function readingOf({ folder, files }: DumpedDatabase): readonly Reading[] {
  return files.map((file) => {
    const consumed = Promise.withResolvers<void>();
    // all of them are awaited later; until then a failure must not count as unhandled
    consumed.promise.catch(() => undefined);
    return { file, path: path.join(folder, file.name), read: { rows: 0, bytes: 0 }, consumed };
  });
}

function streamOf(work: Work, { file, path: where, read, consumed }: Reading): CaptureEvent {
  async function* open(): AsyncGenerator<Uint8Array> {
    try {
      const readFile = file.table === undefined ? readDumpFile : readTableFile;
      yield* readFile(where, read, work.signal);
      await fs.rm(where);
      consumed.resolve();
    } catch (error) {
      consumed.reject(error);
      throw error;
    } finally {
      // who leaves early has a reason of its own
      consumed.reject(new LifeboatError('INTERRUPTED', `${file.name} of the dump was not read to its end`));
    }
  }
  const content = { kind: 'stream', open } as const;
  return { kind: 'entry', name: Buffer.from(file.name), metadata: metadataOf(work, 'file'), content };
}

function fileOf(work: Work, name: string, bytes: Buffer): CaptureEvent {
  async function* open(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  const content = { kind: 'stream', open } as const;
  return { kind: 'entry', name: Buffer.from(name), metadata: metadataOf(work, 'file'), content };
}

function enter(work: Work, name: string): CaptureEvent {
  return { kind: 'enter', name: Buffer.from(name), metadata: metadataOf(work, 'dir') };
}

const leave: CaptureEvent = { kind: 'leave' };

/** The size of a stream is not known before its end, and stays 0 here. */
function metadataOf({ capturedAtMs, options: { uid, gid } }: Work, type: 'file' | 'dir'): EntryMetadata {
  const timeNs = BigInt(capturedAtMs) * 1_000_000n;
  const mode = type === 'file' ? 0o100600 : 0o40700;
  const owner = { uid, gid, user: userName(uid), group: groupName(gid) };
  return { type, mode, mtimeNs: timeNs, ctimeNs: timeNs, ...owner, size: 0 };
}
