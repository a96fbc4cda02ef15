/**
 * A timeline that ends with the rest of a segment that nobody wrote into. After a forced switch of segments the server
 * sends that rest as zeros; when it dies before all of them are in a vault, a copy recovered from there goes on behind
 * the whole segment all the same. Nothing is lost then, and this reader gives the zeros.
 */
import type { LogCoverage, LogReader, LogSpan } from '../../../log-archive/log-archive.ts';
import { earlierLsn, laterLsn } from '../wal/lsn.ts';
import { segmentStart } from '../wal/segment-name.ts';
import { createWalReader } from '../wal/wal-reader.ts';

export interface VoidFacts {
  /** Where branches were left, by branch. */
  readonly switches: ReadonlyMap<string, readonly bigint[]>;
  readonly segmentBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** The same log where no branch ends so. Raises what the log raises. */
export async function withVoidTails(log: LogReader, facts: VoidFacts): Promise<LogReader> {
  const voids: LogSpan[] = [];
  for (const coverage of await log.coverage(facts.signal))
    voids.push(...(await voidsOf(log, coverage, facts)));
  if (voids.length === 0) return log;
  return {
    ...log,
    coverage: async (signal) => (await log.coverage(signal)).map((each) => filled(each, voids)),
    read: (span, signal) => readFilled(log, span, voids, signal),
  };
}

async function voidsOf(
  log: LogReader,
  { branch, spans }: LogCoverage,
  { switches, segmentBytes, signal }: VoidFacts,
): Promise<readonly LogSpan[]> {
  const voids: LogSpan[] = [];
  for (const at of switches.get(branch) ?? []) {
    const span = spans.findLast(({ start }) => start < at);
    const first = segmentStart(at - 1n, segmentBytes);
    if (at !== segmentStart(at, segmentBytes) || span === undefined || span.end >= at || span.end <= first)
      continue;
    const start = laterLsn(first, span.start);
    if ((await endOfRecords(log, { branch, start, end: span.end }, segmentBytes, signal)) === at)
      voids.push({ branch, start: span.end, end: at });
  }
  return voids;
}

/** A switch of segments ends with its segment. */
async function endOfRecords(
  log: LogReader,
  span: LogSpan,
  segmentBytes: number,
  signal: AbortSignal | undefined,
): Promise<bigint | undefined> {
  let end: bigint | undefined;
  const reader = createWalReader({
    ...{ start: span.start, segmentBytes, tellsAll: true },
    onRecord: (record) => {
      end = record.end;
    },
  });
  for await (const bytes of log.read(span, signal)) reader.feed(bytes);
  return end;
}

function filled({ branch, spans, gaps }: LogCoverage, voids: readonly LogSpan[]): LogCoverage {
  const own = voids.filter((each) => each.branch === branch);
  return {
    branch,
    spans: spans.map((span) => ({
      ...span,
      end: own.find(({ start }) => start === span.end)?.end ?? span.end,
    })),
    gaps: gaps.filter((gap) => !own.some(({ start, end }) => start === gap.start && gap.end <= end)),
  };
}

async function* readFilled(
  log: LogReader,
  span: LogSpan,
  voids: readonly LogSpan[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  const { branch, start, end } = span;
  const own = voids.find((each) => each.branch === branch && each.start < end && start < each.end);
  if (own === undefined) return yield* log.read(span, signal);
  if (start < own.start) yield* log.read({ branch, start, end: own.start }, signal);
  const [from, to] = [laterLsn(start, own.start), earlierLsn(end, own.end)];
  yield Buffer.alloc(Number(to - from));
  if (to < end) yield* log.read({ branch, start: to, end }, signal);
}
