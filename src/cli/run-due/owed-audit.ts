/** Decides whether what a vault's points need is to be retained for longer now. Pure. */
import type { RunRecord } from '../../evidence/record.ts';
import type { AuditRecord } from '../../evidence/vault-records.ts';
import { clockSkewToleratedMs } from './last-run.ts';

/** A little less than a day, so that a pass that comes every day finds it owed every day. */
export const auditEveryMs = 23 * 60 * 60_000;
/** Of the time of the plan: what is retained for half of it or less is extended, so that some is left at the next one. */
const auditShare = 1 / 4;

export type AuditDecision =
  | { readonly kind: 'audit'; readonly sinceMs: number }
  /** Nothing is owed until `dueMs`; absent while there is nothing to retain. */
  | { readonly kind: 'wait'; readonly dueMs?: number };

/** A vault is first looked at when it has its first point: objects are retained from the moment they are written. */
export function decideAudit(records: readonly RunRecord[], forMs: number, nowMs: number): AuditDecision {
  const believed = records.filter(({ endMs }) => endMs <= nowMs + clockSkewToleratedMs);
  const points = believed.filter(({ type }) => type === 'backup' || type === 'copy');
  if (points.length === 0) return { kind: 'wait' };
  const last = lastExtension(believed);
  if (last === undefined) return { kind: 'audit', sinceMs: Math.min(...points.map(({ endMs }) => endMs)) };
  const dueMs = last.endMs + Math.min(auditEveryMs, forMs * auditShare);
  return nowMs >= dueMs ? { kind: 'audit', sinceMs: dueMs } : { kind: 'wait', dueMs };
}

/** One that only looked extended nothing. */
function lastExtension(records: readonly RunRecord[]): AuditRecord | undefined {
  return records
    .filter(
      (record): record is AuditRecord => record.type === 'audit' && record.objectsExtended !== undefined,
    )
    .reduce<AuditRecord | undefined>(
      (last, record) => (last === undefined || record.endMs >= last.endMs ? record : last),
      undefined,
    );
}
