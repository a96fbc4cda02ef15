/**
 * Work on a vault as a whole that nobody waits for: points are given up, bytes removed, contents read again. It comes
 * after backups, copies and proofs, and what fails in one vault keeps no other from its own. Pure but for `perform`.
 */
import { hasCode, type LifeboatError } from '../../error/lifeboat-error.ts';
import type { AppContext } from '../cli-context.ts';
import type { FailedAttempt, RunFailure } from './last-run.ts';

/** What could not be done is tried again, but not sooner than this. */
export const choreAgainAfterMs = 60 * 60_000;
/** Others may hold a vault for hours; what waits for them is a failure only after this. */
export const chorePatienceMs = 24 * 60 * 60_000;

export interface Chore {
  /** Of its finding: `prune here`. */
  readonly subject: string;
  /** The first word of its subject. */
  readonly kind: ChoreKind;
  readonly vault: string;
  readonly systems: readonly string[];
  /** For people: `nothing was removed for 3 days`. */
  readonly reason: string;
  /** Since when it is owed: milliseconds since the epoch. */
  readonly owedSinceMs: number;
  /** Says what it did. What it returns or raises is a failure. */
  perform(context: AppContext): Promise<LifeboatError | undefined>;
}

export type ChoreKind = 'retention' | 'prune' | 'check' | 'audit';

export type ChoreDecision =
  | { readonly kind: 'run' }
  | { readonly kind: 'wait'; readonly failure: RunFailure; readonly retryAtMs: number };

/** What is owed is done, unless it failed a moment ago. */
export function decideChore(attempt: FailedAttempt | undefined, nowMs: number): ChoreDecision {
  const retryAtMs = (attempt?.atMs ?? Number.NEGATIVE_INFINITY) + choreAgainAfterMs;
  // a failure that lies in the future was written by a clock that was wrong
  if (attempt === undefined || nowMs >= retryAtMs || attempt.atMs > nowMs) return { kind: 'run' };
  const { code, message } = attempt;
  return { kind: 'wait', failure: { code, message }, retryAtMs };
}

/** Others were in the way, and there is time left. */
export function isOnlyPostponed(
  error: LifeboatError,
  { owedSinceMs }: Pick<Chore, 'owedSinceMs'>,
  nowMs: number,
): boolean {
  return hasCode(error, 'VAULT_LOCKED', 'WORK_CUT_OFF') && nowMs - owedSinceMs < chorePatienceMs;
}
