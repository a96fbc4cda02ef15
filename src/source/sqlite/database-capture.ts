/** The events and the result of a capture, from a pinned snapshot. */
import type { EntryMetadata } from '../entry-metadata.ts';
import type { Position } from '../position.ts';
import type { Capture, CaptureEvent, CaptureResult } from '../source.ts';
import { parseDatabaseHeader } from './database-header.ts';
import { type EnclosingFolder, enclosingFolders, fileMetadata, nameOf } from './enclosing-folders.ts';
import type { Located } from './locate-database.ts';
import type { PinnedSnapshot } from './sqlite-operations.ts';
import type { SqliteThread } from './sqlite-thread.ts';

export interface PinnedCapture {
  readonly database: Located;
  readonly snapshot: PinnedSnapshot;
  readonly values: CaptureResult['values'];
  readonly capturedAtMs: number;
  readonly writerPauseMs: number;
  /** Answers `readPages` for the snapshot. */
  readonly thread: SqliteThread;
  release(): Promise<void>;
}

/** Large enough for speed, small enough for two of them in memory. */
const chunkBytesMax = 1024 * 1024;

export async function captureOf(pinned: PinnedCapture): Promise<Capture> {
  const { database, snapshot } = pinned;
  const position = await positionOf(pinned);
  const sizeBytes = snapshot.pageCount * snapshot.pageSizeBytes;
  const folders = enclosingFolders(database.path);
  const metadata = { ...fileMetadata(database.mainDescriptor), size: sizeBytes };
  const result: CaptureResult = {
    start: position,
    end: position,
    capturedAtMs: pinned.capturedAtMs,
    values: pinned.values,
    problems: [],
    writerPauseMs: pinned.writerPauseMs,
  };
  return {
    events: eventsOf(pinned, folders, metadata),
    result: async () => result,
    [Symbol.asyncDispose]: () => pinned.release(),
  };
}

async function* eventsOf(
  pinned: PinnedCapture,
  folders: readonly EnclosingFolder[],
  metadata: EntryMetadata,
): AsyncGenerator<readonly CaptureEvent[]> {
  yield folders.map((folder) => ({ kind: 'enter', ...folder }) as const);
  const name = nameOf(pinned.database.path);
  yield [
    { kind: 'entry', name, metadata, content: { kind: 'stream', open: (signal) => readAll(pinned, signal) } },
  ];
  yield folders.map(() => ({ kind: 'leave' }) as const);
}

/** The next pages are read while the consumer works on the ones before. */
async function* readAll(
  { snapshot, thread }: PinnedCapture,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { pageCount, pageSizeBytes } = snapshot;
  const pagesPerChunk = Math.max(1, Math.floor(chunkBytesMax / pageSizeBytes));
  const read = (first: number): Promise<Uint8Array> | undefined =>
    first > pageCount
      ? undefined
      : thread.ask('readPages', { first, count: Math.min(pagesPerChunk, pageCount - first + 1) });
  let next = read(1);
  for (let first = 1; next !== undefined; first += pagesPerChunk) {
    signal?.throwIfAborted();
    const chunk: Uint8Array = await next;
    next = read(first + pagesPerChunk);
    // Nobody waits for it when the consumer stops here; the error, if any, is then without meaning.
    next?.catch(() => undefined);
    yield chunk;
  }
}

async function positionOf({ snapshot, thread, database }: PinnedCapture): Promise<Position> {
  const { pageCount, log } = snapshot;
  const firstPage = pageCount === 0 ? undefined : await thread.ask('readPages', { first: 1, count: 1 });
  const header = firstPage === undefined ? undefined : parseDatabaseHeader(firstPage);
  return {
    kind: 'sqlite',
    journal: database.journal,
    changeCounter: header?.changeCounter ?? 0,
    pageCount,
    ...(log === undefined ? {} : { walSalt: log.salt, walFrame: log.lastFrame }),
  };
}
