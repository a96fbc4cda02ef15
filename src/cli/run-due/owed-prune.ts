/** Decides whether bytes that nobody needs are to be looked for in a vault, and removed. Pure. */
import type { RunRecord } from '../../evidence/record.ts';
import type { PruneRecord } from '../../evidence/vault-records.ts';
import { clockSkewToleratedMs } from './last-run.ts';

/** Not more often than about once a day, whatever is pending: each time every snapshot is looked at. */
export const pruneEveryMs = 23 * 60 * 60_000;
/** Where retention gives points up, backups that were cut off leave bytes as well. */
export const pruneAnywayAfterMs = 7 * 86_400_000;

export type PruneDecision =
  | { readonly kind: 'prune'; readonly reason: PruneReason; readonly sinceMs: number }
  /** Absent `dueMs`: until points are given up. */
  | { readonly kind: 'nothing'; readonly dueMs?: number };

/** `pending`: what was marked may go. `given-up`: points were, since the last prune. `regular`: a week is over. */
export type PruneReason = 'pending' | 'given-up' | 'regular';

/**
 * Where the plan keeps everything (`givesUp` is false), bytes are removed only after a person has given up points: a
 * snapshot that was removed by mistake can be recovered as long as its data are there.
 */
export function decidePrune(records: readonly RunRecord[], givesUp: boolean, nowMs: number): PruneDecision {
  const believed = records.filter(({ endMs }) => endMs <= nowMs + clockSkewToleratedMs);
  const last = lastPruneRecord(believed);
  const wanted = wantedAt(believed, last, givesUp);
  if (wanted === undefined) return { kind: 'nothing' };
  const dueMs = Math.max(wanted.atMs, (last?.endMs ?? Number.NEGATIVE_INFINITY) + pruneEveryMs);
  return nowMs >= dueMs
    ? { kind: 'prune', reason: wanted.reason, sinceMs: dueMs }
    : { kind: 'nothing', dueMs };
}

interface Wanted {
  readonly atMs: number;
  readonly reason: PruneReason;
}

/** The earliest of the reasons. */
function wantedAt(
  records: readonly RunRecord[],
  last: PruneRecord | undefined,
  givesUp: boolean,
): Wanted | undefined {
  const lastMs = last?.endMs ?? Number.NEGATIVE_INFINITY;
  const given = records.filter(({ type, endMs }) => type === 'forget' && endMs > lastMs);
  const firstMs = Math.min(...records.map(({ startMs }) => startMs));
  const isPending = last !== undefined && last.bytesPending > 0 && last.removableAtMs !== undefined;
  const reasons: readonly (Wanted | undefined)[] = [
    isPending ? { atMs: last.removableAtMs ?? last.endMs, reason: 'pending' } : undefined,
    given.length === 0
      ? undefined
      : { atMs: Math.min(...given.map(({ endMs }) => endMs)), reason: 'given-up' },
    givesUp && records.length > 0
      ? { atMs: (last?.endMs ?? firstMs) + pruneAnywayAfterMs, reason: 'regular' }
      : undefined,
  ];
  return reasons
    .filter((reason) => reason !== undefined)
    .reduce<Wanted | undefined>(
      (first, next) => (first === undefined || next.atMs < first.atMs ? next : first),
      undefined,
    );
}

export function lastPruneRecord(records: readonly RunRecord[]): PruneRecord | undefined {
  return records
    .filter((record): record is PruneRecord => record.type === 'prune')
    .reduce<PruneRecord | undefined>(
      (last, record) => (last === undefined || record.endMs >= last.endMs ? record : last),
      undefined,
    );
}
