/**
 * The pages of a database as one read transaction sees them: the database file overlaid with the frames of the log
 * that are visible to the transaction. Everything is synchronous; it runs in the SQLite thread.
 *
 * Why this is the transaction's state in WAL mode. The log's index was the same before and after the transaction
 * began, so no commit fell in between and its last frame is the transaction's. Then one of two things is true:
 * - A checkpoint had copied every visible frame. SQLite then reads the database file alone, and its lock keeps
 *   checkpoints from writing that file. The log may be started anew at any moment, so it is not looked at.
 * - It had not. SQLite then holds a read mark, which keeps the log from being started anew, and keeps checkpoints
 *   from copying frames behind the mark. What they do copy are pages that come from the log here anyway.
 */
import fs from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { monotonicMs } from '../../platform/clock.ts';
import type { PageRange, PinReply, PinRequest } from './sqlite-operations.ts';
import { type PageOffsets, type ReadLog, scanWal } from './wal-frames.ts';
import {
  backfilledFramesOffset,
  parseBackfilledFrames,
  parseWalIndex,
  type WalIndex,
  walIndexHeadBytes,
} from './wal-index.ts';

export interface PageSnapshot {
  readonly mainDescriptor: number;
  readonly logDescriptor: number | undefined;
  readonly offsets: PageOffsets;
  readonly pageSizeBytes: number;
  readonly pageCount: number;
}

export interface PinOutcome {
  readonly reply: PinReply;
  readonly snapshot: PageSnapshot | undefined;
}

/** How often a transaction is begun again because somebody committed in that moment. */
const pinAttemptsMax = 10_000;
/** The page at this offset is never used: SQLite's locks lie there. */
const lockByteOffset = 1024 * 1024 * 1024;

/** Begins a read transaction and finds out exactly which pages it sees. */
export function pinSnapshot(database: DatabaseSync, request: PinRequest): PinOutcome {
  if (request.journal === 'rollback') {
    const startedMs = monotonicMs();
    beginReading(database);
    const waitedMs = monotonicMs() - startedMs;
    return pinned(database, request.mainDescriptor, undefined, undefined, new Map(), waitedMs);
  }
  for (let attempt = 1; attempt <= pinAttemptsMax; attempt += 1) {
    const before = readIndex(request.indexDescriptor);
    beginReading(database);
    // The count is reset after the header is written, so that an unchanged header vouches for it.
    const backfilledFrames = readBackfilledFrames(request.indexDescriptor);
    const after = readIndex(request.indexDescriptor);
    if (before !== undefined && after?.header.equals(before.header) === true) {
      return pinWal(database, request, after, backfilledFrames);
    }
    database.exec('ROLLBACK');
  }
  return { reply: { kind: 'contended' }, snapshot: undefined };
}

/** Pages that the file does not have, because they were never written, are zeros. */
export function readPages(snapshot: PageSnapshot, range: PageRange): Buffer<ArrayBuffer> {
  const { pageSizeBytes } = snapshot;
  const bytes = Buffer.alloc(range.count * pageSizeBytes);
  readFully(snapshot.mainDescriptor, bytes, (range.first - 1) * pageSizeBytes);
  for (let index = 0; index < range.count; index += 1) {
    const page = bytes.subarray(index * pageSizeBytes, (index + 1) * pageSizeBytes);
    const offset = snapshot.offsets.get(range.first + index);
    if (range.first + index === lockBytePage(pageSizeBytes)) page.fill(0);
    else if (offset !== undefined && snapshot.logDescriptor !== undefined) {
      readFully(snapshot.logDescriptor, page, offset);
    }
  }
  return bytes;
}

/** Says how many bytes there were, fewer only at the end of the file. */
export function readFully(descriptor: number, buffer: Buffer, offset: number): number {
  let filled = 0;
  while (filled < buffer.length) {
    const read = fs.readSync(descriptor, buffer, filled, buffer.length - filled, offset + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

function pinWal(
  database: DatabaseSync,
  request: PinRequest & { journal: 'wal' },
  index: WalIndex,
  backfilledFrames: number,
): PinOutcome {
  if (backfilledFrames >= index.lastFrame) {
    return pinned(database, request.mainDescriptor, index, undefined, new Map());
  }
  // Closing a log takes nobody's locks: SQLite locks the database and the index only.
  const logDescriptor = fs.openSync(request.logPath, 'r');
  const read: ReadLog = (buffer, offset) => readFully(logDescriptor, buffer, offset);
  const scan = scanWal(read, index);
  if (scan.kind === 'mismatch') {
    fs.closeSync(logDescriptor);
    return { reply: { kind: 'damaged', reason: scan.reason }, snapshot: undefined };
  }
  return pinned(database, request.mainDescriptor, index, logDescriptor, scan.offsets);
}

function pinned(
  database: DatabaseSync,
  mainDescriptor: number,
  index: WalIndex | undefined,
  logDescriptor: number | undefined,
  offsets: PageOffsets,
  waitedMs = 0,
): PinOutcome {
  const pageSizeBytes = pragmaNumber(database, 'page_size');
  const pageCount = pragmaNumber(database, 'page_count');
  const snapshot = { mainDescriptor, logDescriptor, offsets, pageSizeBytes, pageCount };
  const missing = missingPages(snapshot);
  const freePages = pageCount === 0 ? 0 : pragmaNumber(database, 'freelist_count');
  if (missing > freePages) {
    return {
      reply: { kind: 'damaged', reason: `the file lacks ${missing} of its ${pageCount} pages` },
      snapshot,
    };
  }
  const log =
    index === undefined ? undefined : { salt: index.salt.toString('hex'), lastFrame: index.lastFrame };
  return { reply: { kind: 'pinned', snapshot: { pageSizeBytes, pageCount, log, waitedMs } }, snapshot };
}

/** Only pages that became free before they were ever written may be missing at the end of the file. */
function missingPages(snapshot: PageSnapshot): number {
  const { pageSizeBytes, pageCount, offsets } = snapshot;
  const written = Math.floor(fs.fstatSync(snapshot.mainDescriptor).size / pageSizeBytes);
  let missing = 0;
  for (let page = written + 1; page <= pageCount; page += 1) {
    if (!offsets.has(page) && page !== lockBytePage(pageSizeBytes)) missing += 1;
  }
  return missing;
}

function lockBytePage(pageSizeBytes: number): number {
  return lockByteOffset / pageSizeBytes + 1;
}

/** A transaction sees a state from its first read on, not from BEGIN on. */
function beginReading(database: DatabaseSync): void {
  database.exec('BEGIN');
  try {
    database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get();
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function readIndex(descriptor: number): WalIndex | undefined {
  const head = Buffer.alloc(walIndexHeadBytes);
  return parseWalIndex(head.subarray(0, readFully(descriptor, head, 0)));
}

function readBackfilledFrames(descriptor: number): number {
  const bytes = Buffer.alloc(4);
  readFully(descriptor, bytes, backfilledFramesOffset);
  return parseBackfilledFrames(bytes);
}

function pragmaNumber(database: DatabaseSync, name: 'page_size' | 'page_count' | 'freelist_count'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
