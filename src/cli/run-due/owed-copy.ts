/** Decides whether one vault is to get copies of a system's points now. Pure. */
import type { OwedCopy } from '../../recovery-point/owed-copies.ts';
import type { FailedAttempt, RunFailure } from './last-run.ts';
import { retryAfterMs } from './owed-backup.ts';

export type CopyDecision =
  | { readonly kind: 'run'; readonly points: number }
  /** The last copy failed a moment ago; until it is tried again the vault lacks what it should have. */
  | { readonly kind: 'wait'; readonly failure: RunFailure; readonly retryAtMs: number }
  | { readonly kind: 'nothing' };

/** What is owed is copied at once, whatever the objective allows: being late is never the plan. */
export function decideCopy(
  owed: readonly OwedCopy[],
  attempt: FailedAttempt | undefined,
  nowMs: number,
): CopyDecision {
  if (owed.length === 0) return { kind: 'nothing' };
  const retryAtMs = (attempt?.atMs ?? Number.NEGATIVE_INFINITY) + retryAfterMs;
  // a failure that lies in the future was written by a clock that was wrong
  if (attempt === undefined || nowMs >= retryAtMs || attempt.atMs > nowMs)
    return { kind: 'run', points: owed.length };
  const { code, message } = attempt;
  return { kind: 'wait', failure: { code, message }, retryAtMs };
}
