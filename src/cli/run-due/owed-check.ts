/** Decides whether a vault owes its daily share of reading back. Pure. */
import type { RunRecord } from '../../evidence/record.ts';
import { clockSkewToleratedMs } from './last-run.ts';

/** A little less than a day, so that a pass that comes every day finds it owed every day. */
export const checkEveryMs = 23 * 60 * 60_000;

export type CheckDecision =
  | { readonly kind: 'check' }
  /** Nothing is owed until `dueMs`; absent while there is nothing to read. */
  | { readonly kind: 'wait'; readonly dueMs?: number };

/** A vault is first looked at a day after the first point was put there, which was read back then. */
export function decideCheck(records: readonly RunRecord[], nowMs: number): CheckDecision {
  const believed = records.filter(({ endMs }) => endMs <= nowMs + clockSkewToleratedMs);
  const checks = believed.filter((record) => record.type === 'check' && record.coverage !== undefined);
  const points = believed.filter(({ type }) => type === 'backup' || type === 'copy');
  const sinceMs =
    checks.length > 0
      ? Math.max(...checks.map(({ endMs }) => endMs))
      : Math.min(...points.map(({ endMs }) => endMs));
  if (!Number.isFinite(sinceMs)) return { kind: 'wait' };
  const dueMs = sinceMs + checkEveryMs;
  return nowMs >= dueMs ? { kind: 'check' } : { kind: 'wait', dueMs };
}
