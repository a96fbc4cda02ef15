/** Decides whether a system owes one vault a backup now. Pure. */
import { owed } from '../../schedule/owed.ts';
import { isTimed, type Schedule, type ScheduleEvent } from '../../schedule/schedule.ts';
import type { LastRun, RunFailure } from './last-run.ts';

/** A run that failed is owed again, but not sooner than this after its end. */
export const retryAfterMs = 10 * 60_000;

export type BackupDecision =
  | { readonly kind: 'run'; readonly reason: BackupReason; readonly missed: number }
  /** The last run failed a moment ago; until it is tried again the system is not fine. */
  | { readonly kind: 'wait'; readonly failure: RunFailure; readonly retryAtMs: number }
  /** `isBackedUp`: the last run did what it should; else there was none, and nothing asks for one. */
  | { readonly kind: 'nothing'; readonly isBackedUp: boolean };

/**
 * `never`, `due` and `clock` are as in `owed`. `changed`: the last point was taken of another source or under other
 * checks than the plan names now, so it proves nothing about what the plan says. `retry`: the last run failed. `log`: no
 * point lies where its log hangs together.
 */
export type BackupReason = 'never' | 'due' | 'clock' | 'changed' | 'retry' | 'event' | 'log';

export interface BackupQuestion {
  readonly schedules: readonly Schedule[];
  /** Of the system as the plan describes it now. */
  readonly systemHash: string;
  readonly lastRun?: LastRun | undefined;
  readonly nowMs: number;
  /** The log that is kept needs a new point to be replayed on. */
  readonly needsBase?: boolean;
  /** Somebody says that this happened; then nothing but the event counts. */
  readonly event?: ScheduleEvent | undefined;
}

export function decideBackup(question: BackupQuestion): BackupDecision {
  const { schedules, lastRun, nowMs, event } = question;
  const isBackedUp = lastRun !== undefined && lastRun.failure === undefined;
  if (event !== undefined) {
    const asked = schedules.some((schedule) => schedule.kind === 'event' && schedule.event === event);
    return asked ? { kind: 'run', reason: 'event', missed: 1 } : { kind: 'nothing', isBackedUp };
  }
  // Whoever schedules nothing backs up by hand, and retries by hand.
  if (schedules.length === 0) return { kind: 'nothing', isBackedUp };
  const due = owed(schedules, lastRun?.startMs, nowMs);
  if (due !== undefined) return { kind: 'run', reason: due.reason, missed: due.missed };
  if (lastRun?.failure !== undefined) return retry(lastRun.endMs, lastRun.failure, nowMs);
  if (lastRun !== undefined && schedules.some(isTimed) && lastRun.systemHash !== question.systemHash)
    return { kind: 'run', reason: 'changed', missed: 1 };
  if (question.needsBase === true && nowMs - (lastRun?.endMs ?? 0) >= retryAfterMs)
    return { kind: 'run', reason: 'log', missed: 1 };
  return { kind: 'nothing', isBackedUp };
}

function retry(failedAtMs: number, failure: RunFailure, nowMs: number): BackupDecision {
  const retryAtMs = failedAtMs + retryAfterMs;
  if (nowMs >= retryAtMs) return { kind: 'run', reason: 'retry', missed: 1 };
  return { kind: 'wait', failure, retryAtMs };
}
