/** What a recovery can stand on: base backups, the log that the archive holds, and what that log tells of. */
import type { LogCoverage, LogMarks, LogSpan } from '../../../log-archive/log-archive.ts';
import type { TimelineHistory } from '../wal/timeline-history.ts';

export interface RecoveryGround {
  readonly systemId: string;
  readonly segmentBytes: number;
  readonly points: readonly BasePoint[];
  /** Of every timeline that the archive holds. */
  readonly coverage: readonly LogCoverage[];
  /** By timeline; the first has none. */
  readonly histories: ReadonlyMap<number, TimelineHistory>;
  /** What the pieces of the log tell, in any order; none reaches over the place where its timeline was left. */
  readonly pieces: readonly MarkedSpan[];
  /** Ends of transactions, where the log was read for them; without it no transaction can be the target. */
  readonly transactions?: readonly TransactionFact[];
  /** The last whole record of each timeline, where it was looked for. */
  readonly tails?: ReadonlyMap<number, RecordSpan>;
  /** Of each timeline where the first record begins that does so at the LSN asked for or behind it, where it was looked for. */
  readonly next?: ReadonlyMap<number, bigint>;
}

export interface BasePoint {
  /** Its snapshot. */
  readonly id: string;
  readonly systemId: string;
  readonly timeline: number;
  /** Where the replay begins, and from where on the data is consistent. */
  readonly base: bigint;
  readonly at: bigint;
  readonly capturedAtMs: number;
  /** The log from `base` to `at` is in the snapshot itself. */
  readonly hasLog: boolean;
}

export interface MarkedSpan extends LogSpan {
  readonly marks: LogMarks;
}

export interface RecordSpan {
  readonly start: bigint;
  readonly end: bigint;
}

export interface TransactionFact extends RecordSpan {
  readonly kind: 'commit' | 'abort';
  readonly timeline: number;
  readonly xid: number;
  readonly atUs: number;
  readonly subtransactions: readonly number[];
}
