/**
 * Bytes of a span, window by window. Where several pieces hold the next byte, the one that follows the chain is taken,
 * else the one that reaches farthest; one that is damaged is told of, and passed over while another holds its bytes.
 */
import { defined } from '../error/assert.ts';
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import { fetchAhead } from './fetch-ahead.ts';
import { type ListedPiece, listWindow } from './list-log.ts';
import type { LogAccess, LogFinding } from './log-access.ts';
import type { LogSpan } from './log-archive.ts';
import { positionHex, windowEnd } from './piece-key.ts';
import { type OpenedObject, openFetched } from './piece-object.ts';
import { lower } from './positions.ts';

/** A compaction may replace what was listed a moment ago; it does so only a few times. */
const listsMax = 4;

export async function* readLog(
  access: LogAccess,
  span: LogSpan,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  let last: ChainEnd | undefined;
  for (let at = span.start; at < span.end; ) {
    const until = lower(windowEnd(at), span.end);
    for await (const part of readWindow(access, { ...span, start: at, end: until }, last, signal)) {
      last = part.chainEnd;
      yield part.bytes;
    }
    at = until;
  }
}

/** The bytes of a piece as far as they are wanted, and where its chain ends when it was taken to its end. */
export interface ReadPart {
  readonly piece: ListedPiece;
  readonly opened: OpenedObject;
  readonly bytes: Buffer;
  readonly chainEnd: ChainEnd;
}

interface ChainEnd {
  readonly end: bigint;
  readonly link: string;
}

/** Of a span within one window. */
async function* readWindow(
  access: LogAccess,
  span: LogSpan,
  before: ChainEnd | undefined,
  signal?: AbortSignal,
): AsyncGenerator<ReadPart, void, undefined> {
  let last = before;
  let at = span.start;
  let cause: unknown;
  for (let lists = 1; lists <= listsMax && at < span.end; lists++) {
    const pieces = await listWindow(access, span.branch, at, signal);
    try {
      for await (const part of readParts(access, { ...span, start: at }, pieces, last, signal)) {
        yield part;
        last = part.chainEnd;
        at += BigInt(part.bytes.length);
      }
    } catch (error) {
      // what a compaction took away after it was listed, or put where the list had passed already
      if (!hasCode(error, 'OBJECT_MISSING', 'LOG_GAP')) throw error;
      if (error.code === 'LOG_GAP' && hasCode(cause, 'LOG_GAP')) throw error;
      cause = error;
    }
  }
  if (at < span.end) throw cause;
}

/**
 * The path through pieces that were listed. Raises LOG_GAP; OBJECT_DAMAGED; OBJECT_MISSING when one went meanwhile and
 * no other holds its bytes.
 */
export async function* readParts(
  access: LogAccess,
  span: LogSpan,
  pieces: readonly ListedPiece[],
  before?: ChainEnd,
  signal?: AbortSignal,
): AsyncGenerator<ReadPart, void, undefined> {
  let last = before;
  const failed = new Map<string, LifeboatError>();
  const fetch = fetchAhead(access, pieces, span.end, signal);
  for (let at = span.start; at < span.end; ) {
    const candidates = pieces.filter(({ start, end }) => start <= at && at < end).sort(byReach);
    if (candidates.length === 0) throw gapAt(access, { ...span, start: at });
    const { piece, opened } = await firstSound(access, candidates, { at, last, failed, fetch });
    const end = lower(piece.end, span.end);
    const bytes = opened.body.subarray(Number(at - piece.start), Number(end - piece.start));
    last = { end: piece.end, link: opened.header.link };
    yield { piece, opened, bytes, chainEnd: last };
    at = end;
  }
}

interface SoundPiece {
  readonly piece: ListedPiece;
  readonly opened: OpenedObject;
}

interface ReadingPlace {
  readonly at: bigint;
  readonly last: ChainEnd | undefined;
  /** What could not be read, so that it is not tried again for its next byte. */
  readonly failed: Map<string, LifeboatError>;
  readonly fetch: (piece: ListedPiece) => Promise<Buffer>;
}

/** The first that is whole and follows the chain, else the first that is whole. */
async function firstSound(
  access: LogAccess,
  candidates: readonly ListedPiece[],
  { at, last, failed, fetch }: ReadingPlace,
): Promise<SoundPiece> {
  let sound: SoundPiece | undefined;
  let failure: LifeboatError | undefined;
  for (const piece of candidates) {
    const opened = failed.get(piece.key) ?? (await tryOpen(access, piece, fetch));
    if (opened instanceof LifeboatError) {
      failed.set(piece.key, opened);
      failure = failure?.code === 'OBJECT_DAMAGED' ? failure : opened;
      continue;
    }
    const isAtSeam = piece.start === at && last?.end === at && opened.header.previous !== last.link;
    if (!isAtSeam) return { piece, opened };
    sound ??= { piece, opened };
  }
  if (sound === undefined) throw defined(failure, 'reason why nothing could be read');
  return sound;
}

async function tryOpen(
  access: LogAccess,
  piece: ListedPiece,
  fetch: ReadingPlace['fetch'],
): Promise<OpenedObject | LifeboatError> {
  const { key } = piece;
  try {
    return openFetched(access, key, await fetch(piece));
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) throw error;
    if (error.code === 'OBJECT_DAMAGED') access.tell(damageFinding(key, error));
    return error;
  }
}

export function damageFinding(key: string, { message }: LifeboatError): LogFinding {
  return {
    kind: 'damaged',
    key,
    what: message.startsWith(`${key} `) ? message.slice(key.length + 1) : message,
  };
}

function byReach(a: ListedPiece, b: ListedPiece): number {
  if (a.end !== b.end) return a.end > b.end ? -1 : 1;
  return a.start === b.start ? 0 : a.start < b.start ? -1 : 1;
}

function gapAt({ system, store }: LogAccess, { branch, start, end }: LogSpan): LifeboatError {
  const place = `${positionHex(start)} of branch ${branch}`;
  return new LifeboatError('LOG_GAP', `the log of ${system} in ${store.location} does not hold ${place}`, {
    hint: 'Use the log of another vault, or recover to a moment before the gap.',
    details: { system, branch, start: positionHex(start), end: positionHex(end) },
  });
}
