/** What pieces of the log tell of time, for the headers of the log archive. */
import type { LogMarks } from '../../../log-archive/log-archive.ts';
import { createWalReader, type WalEnding } from './wal-reader.ts';
import type { WalRecord } from './wal-record.ts';

/** The prefix of the logical messages that are ours: heartbeats, whose content is the JSON of `HeartbeatContent`. */
export const heartbeatPrefix = 'lifeboat';

/** `{"at": 1790000000000, "system": "orders-db"}`: milliseconds since 1970, by the server's clock. */
export interface HeartbeatContent {
  readonly at: number;
  readonly system: string;
}

export function encodeHeartbeat(content: HeartbeatContent): string {
  return JSON.stringify({ at: content.at, system: content.system });
}

export interface MarkReaderOptions {
  /** The LSN of the first byte of the first piece. */
  readonly start: bigint;
  readonly segmentBytes: number;
  readonly startsAtRecord?: boolean;
}

export interface MarkReader {
  /** The marks of the records that end in this piece. Each piece begins where the one before it ended. */
  take(piece: Uint8Array): LogMarks;
  /** Why nothing behind `at` can be read any more; the marks of later pieces are empty. */
  readonly ending: WalEnding | undefined;
}

/** Follows one branch from piece to piece, so that a record that lies in two is told of with the second. */
export function createMarkReader(options: MarkReaderOptions): MarkReader {
  let found: MutableMarks = emptyMarks();
  const reader = createWalReader({ ...options, onRecord: (record) => note(found, record) });
  return {
    take(piece) {
      found = emptyMarks();
      reader.feed(piece);
      return found;
    },
    get ending() {
      return reader.ending;
    },
  };
}

/** The marks of bytes that stand alone: what began before them, or ends behind them, is not told of. */
export function marksOf(bytes: Uint8Array, options: MarkReaderOptions): LogMarks {
  return createMarkReader(options).take(bytes);
}

type MutableMarks = { -readonly [Key in keyof LogMarks]: LogMarks[Key] } & {
  names: { readonly name: string; readonly end: bigint; readonly atMs: number }[];
};

function emptyMarks(): MutableMarks {
  return { commits: 0, names: [] };
}

function note(marks: MutableMarks, { body, end }: WalRecord): void {
  if (body.kind === 'commit') {
    // Times are taken before their records are written, so that they may go back a little from one to the next.
    const atMs = Math.floor(body.atUs / 1000);
    marks.commits++;
    marks.firstCommitAtMs = Math.min(atMs, marks.firstCommitAtMs ?? atMs);
    marks.lastCommitAtMs = Math.max(atMs, marks.lastCommitAtMs ?? atMs);
  } else if (body.kind === 'restore-point') {
    marks.names.push({ name: body.name, end, atMs: Math.floor(body.atUs / 1000) });
  } else if (body.kind === 'message' && body.prefix === heartbeatPrefix) {
    const writtenAtMs = heartbeatTime(body.content);
    if (writtenAtMs !== undefined) marks.heartbeat = { writtenAtMs, end };
  }
}

/** Anybody may write a message with our prefix: what is no heartbeat counts for nothing. */
function heartbeatTime(content: Uint8Array): number | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(content).toString());
    if (typeof parsed !== 'object' || parsed === null || !('at' in parsed)) return undefined;
    return typeof parsed.at === 'number' && Number.isSafeInteger(parsed.at) ? parsed.at : undefined;
  } catch {
    return undefined;
  }
}
