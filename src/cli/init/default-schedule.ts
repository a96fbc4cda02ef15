/** A schedule that holds an RPO even when one run is late. */
import { longestGapMs } from '../../schedule/longest-gap.ts';
import { parseSchedule } from '../../schedule/parse-schedule.ts';

const minuteMs = 60_000;

/** Densest last. */
const schedules: readonly string[] = [
  'weekly on Sunday at 02:00',
  'daily at 02:00',
  ...[12, 8, 6, 4, 3, 2].map((hours) => `every ${hours}h`),
  'hourly',
  ...[30, 20, 15, 10, 5, 1].map((minutes) => `every ${minutes} min`),
];

/** Half of the RPO is left to a run that is late; `undefined` when the RPO is too short for copies on a schedule. */
export function scheduleFor(rpoMs: number, timeZone: string): string | undefined {
  return schedules.find((words) => {
    const parsed = parseSchedule(words, timeZone);
    const gapMs = parsed.ok ? longestGapMs(parsed.schedule) : undefined;
    return gapMs !== undefined && gapMs + lateMs(gapMs) <= rpoMs;
  });
}

/** An hour more than a day between two runs is a change of the clock, not a late run. */
function lateMs(gapMs: number): number {
  return gapMs > 20 * 60 * minuteMs ? 5 * 60 * minuteMs : Math.max(gapMs, 5 * minuteMs);
}

export const shortestRpoText = '6 min';
