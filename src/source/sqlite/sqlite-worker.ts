/**
 * Runs in a thread of its own: SQLite's calls block, some of them for minutes, and the main thread has locks to
 * refresh meanwhile. One thread has one connection.
 */
import fs from 'node:fs';
import { constants, DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { defined } from '../../error/assert.ts';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { type PageSnapshot, pinSnapshot, readPages } from './page-snapshot.ts';
import type {
  OpenRequest,
  SqliteFailure,
  SqliteOperation,
  SqliteOperations,
  SqliteRow,
  ThreadReply,
  ThreadRequest,
} from './sqlite-operations.ts';

const port = defined(parentPort, 'the port of the SQLite thread');
let connection: DatabaseSync | undefined;
let pages: PageSnapshot | undefined;

type Handlers = {
  readonly [K in SqliteOperation]: (input: SqliteOperations[K]['input']) => SqliteOperations[K]['output'];
};

const handlers: Handlers = {
  open: (request) => {
    connection = openDatabase(request);
  },
  close: closeDatabase,
  execute: ({ sql }) => {
    database().exec(sql);
  },
  rows: ({ sql, rowsMax }) => firstRows(sql, rowsMax),
  pin: (request) => {
    const outcome = pinSnapshot(database(), request);
    pages = outcome.snapshot;
    return outcome.reply;
  },
  readPages: (range) => readPages(snapshot(), range),
  writePages: (range) => writeFully(range.descriptor, readPages(snapshot(), range)),
};

port.on('message', (request: ThreadRequest) => {
  const reply = handle(request);
  const isPages = request.operation === 'readPages' && reply.kind === 'done';
  port.postMessage(reply, isPages ? [(reply.output as Uint8Array<ArrayBuffer>).buffer] : []);
});

function handle({ id, operation, input }: ThreadRequest): ThreadReply {
  try {
    // The types of a request belong together; the sender's signature has checked them.
    const handler = handlers[operation] as (given: unknown) => unknown;
    return { id, kind: 'done', output: handler(input) };
  } catch (error) {
    return { id, kind: 'failed', failure: failureOf(error) };
  }
}

function openDatabase({ path, access, busyTimeoutMs }: OpenRequest): DatabaseSync {
  const mode = { read: 'mode=ro', write: 'mode=rw', immutable: 'mode=ro&immutable=1' }[access];
  const opened = new DatabaseSync(`${pathToFileURL(path).href}?${mode}`, {
    readOnly: access !== 'write',
    timeout: busyTimeoutMs,
  });
  opened.setAuthorizer(refuseOtherDatabases);
  return opened;
}

function closeDatabase(): undefined {
  if (pages?.logDescriptor !== undefined) fs.closeSync(pages.logDescriptor);
  pages = undefined;
  connection?.close();
  connection = undefined;
}

/** Queries come from the plan, and even a read-only connection can attach another database and write there. */
function refuseOtherDatabases(action: number): number {
  const refused = action === constants.SQLITE_ATTACH || action === constants.SQLITE_DETACH;
  return refused ? constants.SQLITE_DENY : constants.SQLITE_OK;
}

function firstRows(sql: string, rowsMax: number): readonly SqliteRow[] {
  const statement = database().prepare(sql);
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  const rows: SqliteRow[] = [];
  for (const row of statement.iterate() as Iterable<unknown>) {
    rows.push(row as SqliteRow);
    if (rows.length === rowsMax) break;
  }
  return rows;
}

function writeFully(descriptor: number, bytes: Buffer): number {
  for (let written = 0; written < bytes.length; ) {
    written += fs.writeSync(descriptor, bytes, written, bytes.length - written);
  }
  return bytes.length;
}

function database(): DatabaseSync {
  return defined(connection, 'an open connection');
}

function snapshot(): PageSnapshot {
  return defined(pages, 'a pinned snapshot');
}

function failureOf(error: unknown): SqliteFailure {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return {
    message,
    resultCode: typeof code === 'number' ? code : undefined,
    systemError: code === undefined ? systemErrorName(error) : undefined,
  };
}
