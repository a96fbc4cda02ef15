/**
 * Takes a file that a server hands to its `archive_command` into a log archive. What the archive has already is compared,
 * what it lacks is stored; so the file of a segment and the stream of the same log go together.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { type LogArchive, type LogSpan, noMarks, pieceBytesMax } from '../../../log-archive/log-archive.ts';
import { createMarkReader } from './log-marks.ts';
import { earlierLsn, laterLsn } from './lsn.ts';
import { branchName, isSegmentSize, parseHistoryName, parseSegmentName } from './segment-name.ts';
import { parseTimelineHistory } from './timeline-history.ts';
import { createWalReader } from './wal-reader.ts';

export type WalFile =
  | { readonly kind: 'history'; readonly branch: string }
  /** `bytes` of its beginning are log; the rest was never written. */
  | {
      readonly kind: 'segment';
      readonly span: LogSpan;
      readonly systemId: string;
      readonly segmentBytes: number;
    }
  /** It tells of a backup that somebody took; nothing needs it. */
  | { readonly kind: 'not-needed' };

const partialEnding = '.partial';

/** Raises SOURCE_INVALID for what is no file of a log, or not the one that its name says. */
export function inspectWalFile(name: string, bytes: Buffer): WalFile {
  if (/^[0-9A-F]{24}\.[0-9A-F]{8}\.backup$/.test(name)) return { kind: 'not-needed' };
  const timeline = parseHistoryName(name);
  if (timeline !== undefined) {
    parseTimelineHistory(timeline, bytes.toString());
    return { kind: 'history', branch: branchName(timeline) };
  }
  return inspectSegment(name, bytes);
}

function inspectSegment(name: string, bytes: Buffer): WalFile {
  const isPartial = name.endsWith(partialEnding);
  const segmentBytes = bytes.length;
  const bare = isPartial ? name.slice(0, -partialEnding.length) : name;
  const segment = isSegmentSize(segmentBytes) ? parseSegmentName(bare, segmentBytes) : undefined;
  if (segment === undefined) throw invalid(name, 'is no file of a log, by its name and its size');
  const { timeline, start } = segment;
  const reader = createWalReader({ start, segmentBytes, onRecord: () => undefined });
  reader.feed(isPartial ? bytes : bytes.subarray(0, headBytes));
  const { page } = reader;
  if (page?.systemId === undefined || page.segmentBytes !== segmentBytes)
    throw invalid(name, 'does not begin as a segment of this place does');
  const end = isPartial ? reader.end : start + BigInt(segmentBytes);
  return {
    ...{ kind: 'segment', systemId: page.systemId, segmentBytes },
    span: { branch: branchName(timeline), start, end },
  };
}

/** Holds the largest header of a page. */
const headBytes = 40;

/** Durable when it resolves. Raises LOG_CONFLICT where the archive holds other bytes, and what the archive raises. */
export async function storeWalFile(
  log: LogArchive,
  file: WalFile,
  bytes: Buffer,
  signal?: AbortSignal,
): Promise<void> {
  if (file.kind === 'not-needed') return;
  if (file.kind === 'history') return await log.putHistory(file.branch, bytes, signal);
  const { span, segmentBytes } = file;
  const marks = createMarkReader({ start: span.start, segmentBytes });
  const parts = await partsOf(log, span, signal);
  const isAllHeld = parts.every(({ isHeld }) => isHeld);
  for (const { isHeld, ...part } of parts) {
    const own = bytes.subarray(Number(part.start - span.start), Number(part.end - span.start));
    const told = isAllHeld ? noMarks : marks.take(own);
    if (isHeld) await compare(log, part, own, signal);
    else {
      const writer = await log.writer(part.branch, part.start, signal);
      await writer.store(writer.prepare(part.start, own, told), signal);
    }
  }
}

interface Part extends LogSpan {
  readonly isHeld: boolean;
}

/** The span, cut where the archive begins or ends to hold it, and where no piece may go on. */
async function partsOf(
  log: LogArchive,
  span: LogSpan,
  signal: AbortSignal | undefined,
): Promise<readonly Part[]> {
  const held: { readonly start: bigint; readonly end: bigint }[] = [];
  for await (const { start, end } of log.pieces(span, signal)) {
    const last = held.at(-1);
    if (last === undefined || start > last.end) held.push({ start, end });
    else held[held.length - 1] = { start: last.start, end: laterLsn(last.end, end) };
  }
  const parts: Part[] = [];
  for (let at = span.start; at < span.end; ) {
    const around = held.find(({ start, end }) => start <= at && at < end);
    const next = held.find(({ start }) => start > at);
    const step = BigInt(pieceBytesMax);
    const windowEnd = at - (at % step) + step;
    const limit = around?.end ?? next?.start ?? span.end;
    const end = earlierLsn(earlierLsn(limit, windowEnd), span.end);
    parts.push({ ...span, start: at, end, isHeld: around !== undefined });
    at = end;
  }
  return parts;
}

async function compare(
  log: LogArchive,
  span: LogSpan,
  own: Buffer,
  signal: AbortSignal | undefined,
): Promise<void> {
  let at = 0;
  for await (const bytes of log.read(span, signal)) {
    if (!bytes.equals(own.subarray(at, at + bytes.length))) throw conflict(log, span);
    at += bytes.length;
  }
}

function invalid(name: string, what: string): LifeboatError {
  return new LifeboatError('SOURCE_INVALID', `${name} ${what}`, {
    hint: 'Give archive_command the file and its name as the server does: %p %f.',
  });
}

function conflict({ system }: LogArchive, { branch, start }: LogSpan): LifeboatError {
  return new LifeboatError(
    'LOG_CONFLICT',
    `the log of ${system} holds other bytes of ${branch} at ${start.toString(16)} than this file`,
    {
      hint: 'Find out which two servers write under one identity, stop the one that must not, and take a new base backup.',
    },
  );
}
