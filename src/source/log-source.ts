/**
 * The LogSource port: a database that hands out its own log as it is written.
 *
 * Glossary: an *incarnation* is one life of a cluster, named by the engine (PostgreSQL: the system identifier); a
 * *branch* is one line of history within it (PostgreSQL: a timeline, eight hex digits), which begins where it left
 * its parent; a *position* counts the bytes of a branch (PostgreSQL: the LSN). `end` is always the first position
 * that does not belong to it any more.
 */
import type { SourceFinding } from './source.ts';

export interface LogSource {
  /** What is streamed, for people; holds no secret. */
  readonly description: string;
  preflight(signal?: AbortSignal): Promise<readonly SourceFinding[]>;
  identify(signal?: AbortSignal): Promise<LogIdentity>;
  /** The engine's own text on how a branch came to be; the first branch has none. */
  history(branch: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /**
   * What the server still holds for us. Makes what it needs to hold it (a slot) when that is not there. `undefined`
   * for `heldFrom`: nothing is held, and a gap is certain.
   */
  hold(signal?: AbortSignal): Promise<LogHold>;
  /**
   * Bytes from exactly `start` on. Raises SOURCE_* errors; LOG_GONE when the server has them no more. `gatherMs`: for so
   * long small pieces may wait for company, because nobody waits for them; 0 when absent.
   */
  stream(start: LogPosition, signal?: AbortSignal, gatherMs?: number): Promise<LogStream>;
  /** Writes a heartbeat into the log and says where it ended: what is durable up to there was written by then. */
  beat(signal?: AbortSignal): Promise<Heartbeat>;
  health(signal?: AbortSignal): Promise<LogHealth>;
  /** Asks that commits wait for us, or no longer: what `mode: block` and `degrade` do on the server. */
  setWaiting(waits: boolean, signal?: AbortSignal): Promise<void>;
}

export interface LogIdentity {
  readonly incarnation: string;
  readonly branch: string;
  /** Everything before it is durable on the server. */
  readonly flushed: bigint;
  /** Bytes of one segment file of the engine. */
  readonly segmentBytes: number;
  /** `PostgreSQL 15.18`. */
  readonly server: string;
}

export interface LogPosition {
  readonly branch: string;
  readonly at: bigint;
}

export interface LogHold {
  readonly name: string;
  readonly heldFrom?: bigint;
  /** The slot was made by this call. */
  readonly isNew: boolean;
}

export interface LogStream extends AsyncDisposable {
  /** Consumed once; without holes: each piece begins where the one before it ended. */
  readonly events: AsyncIterable<LogEvent>;
  /** Everything before `at` is durable where it was promised: the server may delete it and let its commits return. */
  acknowledge(at: bigint): void;
}

export type LogEvent =
  | {
      readonly kind: 'bytes';
      readonly start: bigint;
      readonly bytes: Uint8Array;
      /** What the server has written by then, and when it sent this, by its clock: milliseconds since the epoch. */
      readonly serverEnd: bigint;
      readonly sentAtMs: number;
    }
  /** The server is alive and has nothing more than `serverEnd`. */
  | { readonly kind: 'alive'; readonly serverEnd: bigint; readonly sentAtMs: number }
  /** The branch ended at `at`; the stream goes on with `next`, which is a stream of its own. Always the last event. */
  | { readonly kind: 'branch-end'; readonly at: bigint; readonly next: string };

export interface Heartbeat {
  /** Where its record ends. */
  readonly end: bigint;
  readonly writtenAtMs: number;
}

export interface LogHealth {
  /** PostgreSQL: `wal_status` of the slot. `lost` means that the stream cannot be continued. */
  readonly hold: 'reserved' | 'extended' | 'unreserved' | 'lost' | 'missing';
  readonly heldFrom?: bigint;
  /** Bytes that may still be written before the hold is lost. Absent: without limit. */
  readonly headroomBytes?: number;
  /** Bytes of log that the server keeps because of us. */
  readonly keptBytes?: number;
  /** Whether commits wait for us now, as the server says. */
  readonly isWaiting: boolean;
  /** Sessions that wait for us now, and the longest wait. */
  readonly waitingSessions: number;
  readonly longestWaitMs: number;
  readonly findings: readonly SourceFinding[];
}
