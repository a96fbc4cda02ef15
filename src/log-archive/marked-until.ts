/** The newest moment that a log tells of: everything that was written by then is in it. */
import { largest } from '../platform/largest.ts';
import type { LogReader, LogSpan } from './log-archive.ts';
import { windowEnd, windowStart } from './piece-key.ts';
import { higher, lower } from './positions.ts';

/** A log without heartbeats may have this much that tells of no time. */
const windowsMax = 64;

/**
 * Milliseconds since the epoch, by the clock of the server. Reads headers of pieces, from the end of the span on
 * backwards. `undefined` when nothing near its end tells of a time. Raises what the archive raises.
 */
export async function markedUntil(
  log: LogReader,
  { branch, start, end }: LogSpan,
  signal?: AbortSignal,
): Promise<number | undefined> {
  let until = end;
  for (let windows = 0; windows < windowsMax && until > start; windows++) {
    const from = higher(windowStart(until - 1n), start);
    const span = { branch, start: from, end: lower(windowEnd(from), until) };
    const times: number[] = [];
    for await (const { marks } of log.pieces(span, signal)) {
      if (marks.lastCommitAtMs !== undefined) times.push(marks.lastCommitAtMs);
      if (marks.heartbeat !== undefined) times.push(marks.heartbeat.writtenAtMs);
    }
    if (times.length > 0) return largest(times);
    until = from;
  }
  return undefined;
}
