import { type DueRun, dueRuns, previousDue } from './due-times.ts';
import { isTimed, type Schedule, type TimedSchedule } from './schedule.ts';

/** A run that is owed when another ends begins this much later. */
export const restBetweenRunsMs = 1000;

/** Due times that are looked at before the first one that matters, so that what was late by then has caught up. */
const catchUpRuns = 32;

/**
 * The start of the newest run that was complete at `atMs`, when every run takes `captureMs` and none fails: a run that
 * is due while another is still going begins when that has ended, and covers everything due by then. `undefined` when
 * no schedule has due times. Where the start is not certain, the earliest that it can have been: a run with a window
 * begins anywhere in it, and counts as complete only when one that began at the end would be; where runs follow each
 * other without a pause, it depends on when the first one began.
 */
export function lastCompletedCaptureBefore(
  schedules: readonly Schedule[],
  atMs: number,
  captureMs: number,
): number | undefined {
  const timed = schedules.filter(isTimed);
  if (timed.length === 0) return undefined;
  const durationMs = captureMs + restBetweenRunsMs;
  let newestMs: number | undefined;
  let last: StartRange | undefined;
  for (const run of runsUntil(timed, atMs, captureMs)) {
    last = startRange(run, last, durationMs);
    if (last.latestMs + captureMs <= atMs) newestMs = Math.max(newestMs ?? last.earliestMs, last.earliestMs);
  }
  return newestMs;
}

/** When the run that covers one due time may have begun. */
interface StartRange {
  readonly earliestMs: number;
  readonly latestMs: number;
}

/** `before` is the range of the due time before: its run may cover this one too, or stand in its way. */
function startRange(run: DueRun, before: StartRange | undefined, durationMs: number): StartRange {
  const { dueMs, lateMs } = run;
  if (before === undefined) return { earliestMs: dueMs, latestMs: Math.max(lateMs, dueMs + durationMs) };
  if (before.earliestMs >= dueMs) return before;
  const blockedMs = Math.max(lateMs, Math.min(before.latestMs, dueMs) + durationMs);
  if (before.latestMs < dueMs)
    return {
      earliestMs: Math.max(dueMs, before.earliestMs + durationMs),
      latestMs: Math.max(lateMs, before.latestMs + durationMs),
    };
  return { earliestMs: dueMs, latestMs: Math.max(before.latestMs, blockedMs) };
}

/** Ascending, from early enough that one of them is complete at `atMs` and what came before it has caught up. */
function runsUntil(schedules: readonly TimedSchedule[], atMs: number, captureMs: number): readonly DueRun[] {
  let fromMs = atMs - 3 * (captureMs + restBetweenRunsMs);
  for (let back = 0; back < catchUpRuns; back++) {
    const due = schedules
      .map((schedule) => previousDue(schedule, fromMs - 1))
      .filter((ms) => ms !== undefined);
    if (due.length === 0) break;
    fromMs = Math.max(...due);
  }
  const runs = schedules.flatMap((schedule) => [...dueRuns(schedule, fromMs, atMs + 1)]);
  return withCommonEnd(runs.sort((a, b) => a.dueMs - b.dueMs));
}

/** A run that may not be late covers what was due before it, so no window stays open for longer than to there. */
function withCommonEnd(runs: readonly DueRun[]): readonly DueRun[] {
  let lateMs = Number.POSITIVE_INFINITY;
  return runs
    .toReversed()
    .map((run) => {
      lateMs = Math.min(lateMs, run.lateMs);
      return { ...run, lateMs };
    })
    .toReversed();
}
