/** Reads from the log which transactions ended in it, and when: for targets, and for people who look for a moment. */
import type { LogReader, LogSpan } from '../../../log-archive/log-archive.ts';
import { parseBranchName } from '../wal/segment-name.ts';
import { createWalReader } from '../wal/wal-reader.ts';
import type { TransactionFact } from './recovery-ground.ts';

export interface TransactionReading {
  readonly segmentBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** In the order of the log; what began before the span is told of when it ends in it. Raises what the archive raises. */
export async function* readTransactions(
  log: LogReader,
  span: LogSpan,
  { segmentBytes, signal }: TransactionReading,
): AsyncGenerator<TransactionFact> {
  const timeline = parseBranchName(span.branch) ?? 0;
  const found: TransactionFact[] = [];
  const reader = createWalReader({
    ...{ start: span.start, segmentBytes },
    onRecord: ({ start, end, body }) => {
      if (body.kind === 'commit' || body.kind === 'abort') found.push({ ...body, timeline, start, end });
    },
  });
  for await (const bytes of log.read(span, signal)) {
    reader.feed(bytes);
    yield* found.splice(0);
  }
}

/**
 * The transactions that ended nearest to a moment, at most `limit` on either side, in the order of the log. Only spans
 * whose marks surround the moment need to be read: see `LogMarks`.
 */
export async function transactionsNear(
  log: LogReader,
  spans: readonly LogSpan[],
  { atUs, limit, ...reading }: TransactionReading & { readonly atUs: number; readonly limit: number },
): Promise<readonly TransactionFact[]> {
  const before: TransactionFact[] = [];
  const after: TransactionFact[] = [];
  for (const span of spans) {
    for await (const fact of readTransactions(log, span, reading)) {
      if (fact.atUs > atUs) after.push(fact);
      else before.push(fact);
      if (before.length > limit) before.shift();
      if (after.length >= limit) return [...before, ...after];
    }
  }
  return [...before, ...after];
}
