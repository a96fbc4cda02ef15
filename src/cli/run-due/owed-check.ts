/** Decides whether a vault owes its daily share of reading back. Pure. */
import type { CheckRecord, RunRecord } from '../../evidence/record.ts';
import { clockSkewToleratedMs } from './last-run.ts';

/** A little less than a day, so that a pass that comes every day finds it owed every day. */
export const checkEveryMs = 23 * 60 * 60_000;

export type CheckDecision =
  | { readonly kind: 'check'; readonly sinceMs: number }
  /** Nothing is owed until `dueMs`; absent while there is nothing to read. */
  | { readonly kind: 'wait'; readonly dueMs?: number };

/** A vault is first looked at a day after the first point was put there, which was read back then. */
export function decideCheck(records: readonly RunRecord[], nowMs: number): CheckDecision {
  const believed = records.filter(({ endMs }) => endMs <= nowMs + clockSkewToleratedMs);
  const points = believed.filter(({ type }) => type === 'backup' || type === 'copy');
  const sinceMs = lastRollingCheck(believed)?.endMs ?? Math.min(...points.map(({ endMs }) => endMs));
  if (!Number.isFinite(sinceMs)) return { kind: 'wait' };
  const dueMs = sinceMs + checkEveryMs;
  return nowMs >= dueMs ? { kind: 'check', sinceMs: dueMs } : { kind: 'wait', dueMs };
}

export function lastRollingCheck(records: readonly RunRecord[]): CheckRecord | undefined {
  return newestOf(
    records.filter(
      (record): record is CheckRecord => record.type === 'check' && record.coverage !== undefined,
    ),
  );
}

function newestOf(records: readonly CheckRecord[]): CheckRecord | undefined {
  return records.reduce<CheckRecord | undefined>(
    (newest, record) => (newest === undefined || record.endMs >= newest.endMs ? record : newest),
    undefined,
  );
}
