import { dueTimes, previousDue } from './due-times.ts';
import { isTimed, type Schedule } from './schedule.ts';

/** One run that is owed, however many due times have passed. */
export interface OwedRun {
  /** `never`: there was no run yet. `clock`: the last run lies in the future, so nothing is known about it. */
  readonly reason: 'due' | 'never' | 'clock';
  /** The newest due time at or before now. */
  readonly dueMs: number;
  /** How many due times passed since the last run, of all schedules, counted up to `missedMax`. */
  readonly missed: number;
}

export const missedMax = 1000;

/** Clocks of two hosts may differ by this much before a run "in the future" is taken for a clock set back. */
const clockSkewToleratedMs = 60_000;

/**
 * What the schedules of one system owe at `nowMs`: after downtime one run, not forty. `lastRunMs` is the start of
 * the last run that was made for any of them, `undefined` when there was none. Event and continuous schedules owe
 * nothing by the clock. `undefined` when nothing is owed.
 */
export function owed(
  schedules: readonly Schedule[],
  lastRunMs: number | undefined,
  nowMs: number,
): OwedRun | undefined {
  const timed = schedules.filter(isTimed);
  const dueMs = timed
    .map((schedule) => previousDue(schedule, nowMs))
    .filter((due) => due !== undefined)
    .reduce<number | undefined>(
      (newest, due) => (newest === undefined ? due : Math.max(newest, due)),
      undefined,
    );
  if (dueMs === undefined) return undefined;
  if (lastRunMs === undefined) return { reason: 'never', dueMs, missed: 1 };
  if (lastRunMs > nowMs + clockSkewToleratedMs) return { reason: 'clock', dueMs, missed: 1 };
  if (dueMs <= lastRunMs) return undefined;
  return { reason: 'due', dueMs, missed: countDue(timed, lastRunMs, nowMs) };
}

function countDue(schedules: readonly Schedule[], afterMs: number, untilMs: number): number {
  const seen = new Set<number>();
  for (const schedule of schedules) {
    for (const dueMs of dueTimes(schedule, afterMs + 1, untilMs + 1)) {
      seen.add(dueMs);
      if (seen.size >= missedMax) return missedMax;
    }
  }
  return seen.size;
}
