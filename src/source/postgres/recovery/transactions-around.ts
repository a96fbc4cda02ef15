/**
 * The transactions that ended around a moment, on every timeline. Which part of the log is read is found by halving, from
 * the headers of a few pieces: heartbeats and commits say of every window of when it is.
 */
import {
  type LogCoverage,
  type LogReader,
  type LogSpan,
  pieceBytesMax,
} from '../../../log-archive/log-archive.ts';
import { heartbeatPrefix } from '../wal/log-marks.ts';
import { earlierLsn, laterLsn } from '../wal/lsn.ts';
import { parseBranchName } from '../wal/segment-name.ts';
import { findSegmentBytes } from '../wal/segment-size.ts';
import { parseTimelineHistory, timelineStart } from '../wal/timeline-history.ts';
import { createWalReader } from '../wal/wal-reader.ts';
import type { TransactionFact } from './recovery-ground.ts';

export interface AroundOptions {
  readonly atMs: number;
  readonly withinMs: number;
  /** The nearest so many are kept. */
  readonly limit: number;
  readonly signal?: AbortSignal;
}

export interface AroundFound {
  /** In the order of the log, timeline by timeline. */
  readonly transactions: readonly TransactionFact[];
  readonly isCut: boolean;
  /** Transactions of ours that did nothing but say that all is well; left out. */
  readonly heartbeats: number;
  /** False where log that may be of that time is missing. */
  readonly isWhole: boolean;
  readonly bytesRead: number;
}

/**
 * Times are taken before their records are written, and clocks are set: what is looked for may lie this much before or
 * behind where its time says.
 */
const slackMs = 5_000;

/** Raises what the archive raises. */
export async function transactionsAround(log: LogReader, options: AroundOptions): Promise<AroundFound> {
  const coverage = await log.coverage(options.signal);
  const segmentBytes = await findSegmentBytes(log, coverage, options.signal);
  if (segmentBytes === undefined)
    return { transactions: [], isCut: false, heartbeats: 0, isWhole: coverage.length === 0, bytesRead: 0 };
  const found: Found = { facts: [], isCut: false, heartbeats: 0, bytesRead: 0 };
  let isWhole = true;
  for (const each of coverage) {
    const timeline = parseBranchName(each.branch);
    if (timeline === undefined) continue;
    const own = await ownStart(log, each.branch, timeline, options.signal);
    const spans = await spansAround(log, each, options);
    for (const span of spans) await readInto(found, log, { ...span, own, segmentBytes }, options);
    isWhole &&= spans.every((span) => !each.gaps.some(({ start, end }) => touches(span, start, end)));
  }
  isWhole &&= await isWithin(log, coverage, options);
  found.facts.sort((a, b) => a.timeline - b.timeline || (a.start < b.start ? -1 : 1));
  const { facts: transactions, isCut, heartbeats, bytesRead } = found;
  return { transactions, isCut, heartbeats, isWhole, bytesRead };
}

interface Found {
  facts: TransactionFact[];
  isCut: boolean;
  heartbeats: number;
  bytesRead: number;
}

interface SpanToRead extends LogSpan {
  /** What lies before it in the first segment is a copy of what the parent wrote. */
  readonly own: bigint;
  readonly segmentBytes: number;
}

function touches(span: LogSpan, start: bigint, end: bigint): boolean {
  return span.end === start || span.start === end;
}

async function ownStart(
  log: LogReader,
  branch: string,
  timeline: number,
  signal: AbortSignal | undefined,
): Promise<bigint> {
  const text = timeline === 1 ? undefined : await log.history(branch, signal);
  return text === undefined ? 0n : timelineStart(parseTimelineHistory(timeline, text.toString()));
}

async function readInto(
  found: Found,
  log: LogReader,
  span: SpanToRead,
  { atMs, withinMs, limit, signal }: AroundOptions,
): Promise<void> {
  found.bytesRead += Number(span.end - span.start);
  const farMs = (fact: TransactionFact): number => Math.abs(fact.atUs / 1000 - atMs);
  for await (const { isHeartbeat, ...fact } of readEnds(log, span, signal)) {
    if (fact.start < span.own || farMs(fact) > withinMs) continue;
    if (isHeartbeat) {
      found.heartbeats++;
      continue;
    }
    found.facts.push(fact);
    if (found.facts.length <= 2 * limit) continue;
    found.facts = nearest(found.facts, limit, farMs);
    found.isCut = true;
  }
  if (found.facts.length <= limit) return;
  found.facts = nearest(found.facts, limit, farMs);
  found.isCut = true;
}

interface ReadEnd extends TransactionFact {
  readonly isHeartbeat: boolean;
}

/** More than any server has open at once. */
const openMax = 1_000_000;

/** What of a transaction lies before the span is not known: such a one is no heartbeat. */
async function* readEnds(
  log: LogReader,
  span: SpanToRead,
  signal: AbortSignal | undefined,
): AsyncGenerator<ReadEnd> {
  const timeline = parseBranchName(span.branch) ?? 0;
  const ends: ReadEnd[] = [];
  /** Of transactions that did not end yet: whether they did nothing but beat. */
  const onlyBeats = new Map<number, boolean>();
  const reader = createWalReader({
    ...{ start: span.start, segmentBytes: span.segmentBytes, tellsAll: true },
    onRecord: ({ start, end, xid, body }) => {
      if (body.kind === 'commit' || body.kind === 'abort') {
        const isHeartbeat = onlyBeats.get(body.xid) === true && body.subtransactions.length === 0;
        ends.push({ ...body, timeline, start, end, isHeartbeat });
        for (const ended of [body.xid, ...body.subtransactions]) onlyBeats.delete(ended);
      } else if (xid !== 0) {
        const isBeat = body.kind === 'message' && body.prefix === heartbeatPrefix;
        onlyBeats.set(xid, isBeat && onlyBeats.get(xid) !== false);
        // of transactions that a crash ended nothing more comes
        const [oldest] = onlyBeats.keys();
        if (onlyBeats.size > openMax && oldest !== undefined) onlyBeats.delete(oldest);
      }
    },
  });
  for await (const bytes of log.read(span, signal)) {
    reader.feed(bytes);
    yield* ends.splice(0);
  }
}

function nearest(
  facts: readonly TransactionFact[],
  limit: number,
  farMs: (fact: TransactionFact) => number,
): TransactionFact[] {
  return facts.toSorted((a, b) => farMs(a) - farMs(b)).slice(0, limit);
}

/** The parts of a branch that may tell of the time. */
async function spansAround(
  log: LogReader,
  { spans }: LogCoverage,
  { atMs, withinMs, signal }: AroundOptions,
): Promise<readonly LogSpan[]> {
  const wanted: LogSpan[] = [];
  for (const span of spans) {
    const windows = windowsOf(span);
    const timeOf = async (index: number) => await timesFrom(log, windows, index, signal);
    const first = await firstIndex(windows.length, async (at) => {
      const times = await timeOf(at);
      return times === undefined || times.lastMs >= atMs - withinMs - slackMs;
    });
    const behind = await firstIndex(windows.length, async (at) => {
      const times = await timeOf(at);
      return times === undefined || times.firstMs > atMs + withinMs + slackMs;
    });
    // the window before: a record may begin in it
    const [from, to] = [windows[Math.max(0, first - 1)], windows[Math.min(behind, windows.length - 1)]];
    if (from !== undefined && to !== undefined && from.start < to.end)
      wanted.push({ ...span, start: from.start, end: to.end });
  }
  return wanted;
}

function windowsOf({ branch, start, end }: LogSpan): readonly LogSpan[] {
  const step = BigInt(pieceBytesMax);
  const windows: LogSpan[] = [];
  for (let at = start - (start % step); at < end; at += step)
    windows.push({ branch, start: laterLsn(at, start), end: earlierLsn(at + step, end) });
  return windows;
}

/** The first for which it is true, of a row in which it stays true; the count when for none. */
async function firstIndex(count: number, isTrue: (index: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether the log begins before what is asked for and ends behind it. */
async function isWithin(
  log: LogReader,
  coverage: readonly LogCoverage[],
  { atMs, withinMs, signal }: AroundOptions,
): Promise<boolean> {
  const edges: Times[] = [];
  for (const { spans } of coverage)
    for (const windows of spans.map(windowsOf))
      for (const edge of [windows, windows.slice(-1), windows.slice(-2)]) {
        const times = await timesFrom(log, edge, 0, signal);
        if (times !== undefined) edges.push(times);
      }
  return (
    Math.min(...edges.map(({ firstMs }) => firstMs)) <= atMs - withinMs &&
    Math.max(...edges.map(({ lastMs }) => lastMs)) >= atMs + withinMs
  );
}

interface Times {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Of the first window from there on that tells of any; `undefined` when none does. */
async function timesFrom(
  log: LogReader,
  windows: readonly LogSpan[],
  index: number,
  signal: AbortSignal | undefined,
): Promise<Times | undefined> {
  for (const window of windows.slice(index)) {
    const times: number[] = [];
    for await (const { marks } of log.pieces(window, signal))
      times.push(
        ...[
          marks.firstCommitAtMs ?? [],
          marks.lastCommitAtMs ?? [],
          marks.heartbeat?.writtenAtMs ?? [],
        ].flat(),
      );
    if (times.length > 0) return { firstMs: Math.min(...times), lastMs: Math.max(...times) };
  }
  return undefined;
}
