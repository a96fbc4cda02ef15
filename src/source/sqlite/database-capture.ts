/** The events and the result of a capture, from a pinned snapshot. */
import { assert } from '../../error/assert.ts';
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
  readonly signal: AbortSignal | undefined;
  release(): Promise<void>;
}

/** A capture is begun, read to its end, and disposed from either state. */
type State = 'begun' | 'read' | 'disposed';

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
  let state: State = 'begun';
  async function* events(): AsyncGenerator<readonly CaptureEvent[]> {
    for (const batch of batchesOf(pinned, folders, metadata)) {
      pinned.signal?.throwIfAborted();
      if (state === 'disposed') return;
      yield batch;
    }
    if (state === 'begun') state = 'read';
  }
  return {
    events: events(),
    result: async () => {
      assert(state === 'read', 'the result is asked for after the last event, before disposal');
      return result;
    },
    async [Symbol.asyncDispose]() {
      if (state === 'disposed') return;
      state = 'disposed';
      await pinned.release();
    },
  };
}

function batchesOf(
  pinned: PinnedCapture,
  folders: readonly EnclosingFolder[],
  metadata: EntryMetadata,
): readonly (readonly CaptureEvent[])[] {
  const name = nameOf(pinned.database.path);
  const content = { kind: 'stream', open: (signal?: AbortSignal) => readAll(pinned, signal) } as const;
  return [
    folders.map((folder) => ({ kind: 'enter', ...folder }) as const),
    [{ kind: 'entry', name, metadata, content }],
    folders.map(() => ({ kind: 'leave' }) as const),
  ];
}

/** The next pages are read while the consumer works on the ones before. */
async function* readAll(pinned: PinnedCapture, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const { thread, signal: captureSignal } = pinned;
  const { pageCount, pageSizeBytes } = pinned.snapshot;
  const pagesPerChunk = Math.max(1, Math.floor(chunkBytesMax / pageSizeBytes));
  const read = (first: number): Promise<Uint8Array> | undefined =>
    first > pageCount
      ? undefined
      : thread.ask('readPages', { first, count: Math.min(pagesPerChunk, pageCount - first + 1) });
  let next = read(1);
  for (let first = 1; next !== undefined; first += pagesPerChunk) {
    signal?.throwIfAborted();
    captureSignal?.throwIfAborted();
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
