/** Collects from a log archive what the choice of a recovery needs: for most targets the headers of pieces are enough. */
import type { LogCoverage, LogReader, LogSpan } from '../../../log-archive/log-archive.ts';
import { earlierLsn, laterLsn } from '../wal/lsn.ts';
import { parseBranchName, segmentStart } from '../wal/segment-name.ts';
import { parseTimelineHistory, type TimelineHistory } from '../wal/timeline-history.ts';
import { createWalReader } from '../wal/wal-reader.ts';
import { cutPiece, switchesOf } from './cut-pieces.ts';
import { readTransactions } from './read-transactions.ts';
import type {
  BasePoint,
  MarkedSpan,
  RecordSpan,
  RecoveryGround,
  TransactionFact,
} from './recovery-ground.ts';
import type { RecoveryTarget } from './recovery-target.ts';
import { withVoidTails } from './void-tails.ts';

export interface GroundOptions {
  readonly points: readonly BasePoint[];
  readonly segmentBytes: number;
  readonly target: RecoveryTarget;
  readonly signal?: AbortSignal | undefined;
}

export interface GatheredGround {
  readonly ground: RecoveryGround;
  /** The engine's own texts, by timeline, as `recoverCluster` takes them. */
  readonly histories: ReadonlyMap<number, Uint8Array>;
  /** To be read from; it has what the ground says. */
  readonly log: LogReader;
}

/** Raises what the archive raises. A transaction as target costs a reading of the log behind the oldest backup. */
export async function gatherGround(stored: LogReader, options: GroundOptions): Promise<GatheredGround> {
  const { points, segmentBytes, target, signal } = options;
  const histories = await readHistories(stored, signal);
  const parsed = [...histories].map(([timeline, text]) => [timeline, historyOf(timeline, text)] as const);
  const switches = switchesOf(parsed.map(([, history]) => history));
  const log = await withVoidTails(stored, { switches, segmentBytes, signal });
  const coverage = (await log.coverage(signal)).filter(({ branch }) => parseBranchName(branch) !== undefined);
  const ground: RecoveryGround = {
    ...{ points, segmentBytes, coverage },
    systemId: log.incarnation,
    histories: new Map(parsed),
    pieces: needsMarks(target) ? await readPieces(log, coverage, switches, options) : [],
    ...(target.kind === 'lsn' ? await readAround(log, coverage, target.lsn, options) : {}),
    ...(target.kind === 'xid' ? { transactions: await readAll(log, coverage, options) } : {}),
  };
  return { ground, histories, log };
}

function needsMarks(target: RecoveryTarget): boolean {
  return target.kind === 'time' || target.kind === 'name';
}

function historyOf(timeline: number, text: Uint8Array): TimelineHistory {
  return parseTimelineHistory(timeline, Buffer.from(text).toString());
}

async function readHistories(
  log: LogReader,
  signal: AbortSignal | undefined,
): Promise<Map<number, Uint8Array>> {
  const histories = new Map<number, Uint8Array>();
  for (const branch of await log.branches(signal)) {
    const timeline = parseBranchName(branch);
    const text = await log.history(branch, signal);
    if (timeline !== undefined && text !== undefined) histories.set(timeline, text);
  }
  return histories;
}

async function readPieces(
  log: LogReader,
  coverage: readonly LogCoverage[],
  switches: ReadonlyMap<string, readonly bigint[]>,
  { points, segmentBytes, signal }: GroundOptions,
): Promise<readonly MarkedSpan[]> {
  const pieces: MarkedSpan[] = [];
  for (const span of spansBehind(coverage, points, segmentBytes)) {
    const facts = { switches, segmentBytes, signal };
    for await (const piece of log.pieces(span, signal)) {
      const around = wholeSpan(coverage, piece);
      pieces.push(...(await cutPiece(log, piece, { ...facts, span: around })));
    }
  }
  return pieces;
}

function wholeSpan(coverage: readonly LogCoverage[], piece: LogSpan): LogSpan {
  const spans = coverage.flatMap((each) => each.spans);
  return (
    spans.find(
      ({ branch, start, end }) => branch === piece.branch && start <= piece.start && piece.end <= end,
    ) ?? piece
  );
}

/** What lies before every backup leads nowhere; a server reads whole segments, and their heads say where records begin. */
function spansBehind(
  coverage: readonly LogCoverage[],
  points: readonly BasePoint[],
  segmentBytes: number,
): readonly LogSpan[] {
  const bases = points.map(({ base }) => segmentStart(base, segmentBytes));
  const first = bases.reduce(earlierLsn, bases[0] ?? 0n);
  return coverage
    .flatMap(({ spans }) => spans)
    .filter(({ end }) => end > first)
    .map(({ branch, start, end }) => ({ branch, end, start: laterLsn(start, first) }));
}

async function readAround(
  log: LogReader,
  coverage: readonly LogCoverage[],
  lsn: bigint,
  { segmentBytes, signal }: GroundOptions,
): Promise<Pick<RecoveryGround, 'tails' | 'next'>> {
  const next = new Map<number, bigint>();
  for (const { branch, spans } of coverage) {
    const timeline = parseBranchName(branch);
    const span = spans.find(({ start, end }) => start <= lsn && lsn < end);
    if (timeline === undefined || span === undefined) continue;
    const found = await readNext(log, span, lsn, segmentBytes, signal);
    if (found !== undefined) next.set(timeline, found);
  }
  return { tails: await readTails(log, coverage, segmentBytes, signal), next };
}

/** Where the first record begins that does so at the LSN or behind it, in its segment or the next. */
async function readNext(
  log: LogReader,
  span: LogSpan,
  lsn: bigint,
  segmentBytes: number,
  signal: AbortSignal | undefined,
): Promise<bigint | undefined> {
  const start = laterLsn(segmentStart(lsn, segmentBytes), span.start);
  const end = earlierLsn(span.end, segmentStart(lsn, segmentBytes) + 2n * BigInt(segmentBytes));
  let found: bigint | undefined;
  const reader = createWalReader({
    ...{ start, segmentBytes, tellsAll: true },
    onRecord: (record) => {
      if (record.start >= lsn) found ??= record.start;
    },
  });
  for await (const bytes of log.read({ ...span, start, end }, signal)) {
    reader.feed(bytes);
    if (found !== undefined) break;
  }
  return found;
}

async function readTails(
  log: LogReader,
  coverage: readonly LogCoverage[],
  segmentBytes: number,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, RecordSpan>> {
  const tails = new Map<number, RecordSpan>();
  for (const { branch, spans } of coverage) {
    const last = spans.at(-1);
    const timeline = parseBranchName(branch);
    if (last === undefined || timeline === undefined) continue;
    const tail = await readTail(log, last, segmentBytes, signal);
    if (tail !== undefined) tails.set(timeline, tail);
  }
  return tails;
}

/** `undefined` when no whole record ends in the last segment of the span. */
async function readTail(
  log: LogReader,
  span: LogSpan,
  segmentBytes: number,
  signal: AbortSignal | undefined,
): Promise<RecordSpan | undefined> {
  const start = laterLsn(segmentStart(span.end - 1n, segmentBytes), span.start);
  let tail: RecordSpan | undefined;
  const reader = createWalReader({
    ...{ start, segmentBytes, tellsAll: true },
    onRecord: (record) => {
      tail = { start: record.start, end: record.end };
    },
  });
  for await (const bytes of log.read({ ...span, start }, signal)) reader.feed(bytes);
  return tail;
}

async function readAll(
  log: LogReader,
  coverage: readonly LogCoverage[],
  { points, segmentBytes, target, signal }: GroundOptions,
): Promise<readonly TransactionFact[]> {
  const xid = target.kind === 'xid' ? target.xid : 0;
  const found: TransactionFact[] = [];
  for (const span of spansBehind(coverage, points, segmentBytes)) {
    for await (const fact of readTransactions(log, span, { segmentBytes, signal })) {
      if (fact.xid === xid || fact.subtransactions.includes(xid)) found.push(fact);
    }
  }
  return found;
}
