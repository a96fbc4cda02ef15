import { unreachable } from '../error/assert.ts';
import { civilDay, dayMs } from './civil-day.ts';
import { dueTimes, matchesDay, nextDue, previousDue } from './due-times.ts';
import type { CalendarSchedule, Schedule, TimedSchedule } from './schedule.ts';
import { isTimed } from './schedule.ts';
import { clockChanges } from './zone-clock.ts';

/**
 * Zones change their rules by law, so a fixed span stands for all: one leap cycle, long enough that changes of the
 * clock meet every weekday and every length of month that matters.
 */
const spanFromMs = Date.UTC(2025, 0, 1);
const spanToMs = Date.UTC(2029, 0, 1);

/** Holds two 29ths of February, four years apart; the eight years around 2100 are nobody's objective. */
const wallSpanYears = 9;

/** Schedules that run more often than this are looked at around one year's changes of the clock only. */
const denseGapMs = 6 * 3_600_000;

const minuteMs = 60_000;

/**
 * The worst distance between two due times, changes of the clock included, in milliseconds. `undefined` for event
 * schedules, which promise nothing; 0 for continuous ones.
 */
export function longestGapMs(schedule: Schedule): number | undefined {
  if (schedule.kind === 'continuous') return 0;
  if (!isTimed(schedule)) return undefined;
  const wallMs = wallGapMs(schedule);
  const toMs = wallMs < denseGapMs ? spanFromMs + 366 * dayMs : spanToMs;
  const around = clockChanges(schedule.zone, spanFromMs, toMs).map((atMs) => gapAroundMs(schedule, atMs));
  return Math.max(wallMs, ...around);
}

/** The worst distance on a wall clock that never changes. */
function wallGapMs(schedule: TimedSchedule): number {
  switch (schedule.kind) {
    case 'interval':
      return schedule.stepMinutes * minuteMs;
    case 'calendar':
      return calendarGapMs(schedule);
    default:
      return unreachable(schedule);
  }
}

function calendarGapMs(schedule: CalendarSchedule): number {
  const minutes = schedule.minutesOfDay;
  const within = minutes.map((minute, index) => minute - (minutes[index - 1] ?? minute));
  const overnight = (minutes[0] ?? 0) - (minutes.at(-1) ?? 0);
  return Math.max(...within, longestDayGap(schedule) * 1440 + overnight) * minuteMs;
}

/** In days, between two days that the rule names. */
function longestDayGap(schedule: CalendarSchedule): number {
  const first = civilDay(2025, 1, 1);
  let previous: number | undefined;
  let longest = 0;
  for (let day = first; day < first + wallSpanYears * 366; day++) {
    if (!matchesDay(schedule.days, day)) continue;
    if (previous !== undefined) longest = Math.max(longest, day - previous);
    previous = day;
  }
  return longest;
}

/** The worst distance between due times from the last one a day before the change to the first one a day after. */
function gapAroundMs(schedule: TimedSchedule, changeMs: number): number {
  const fromMs = previousDue(schedule, changeMs - dayMs) ?? changeMs - dayMs;
  const untilMs = nextDue(schedule, changeMs + dayMs) ?? changeMs + dayMs;
  let worst = 0;
  let lastMs = fromMs;
  for (const dueMs of dueTimes(schedule, fromMs, untilMs + 1)) {
    worst = Math.max(worst, dueMs - lastMs);
    lastMs = dueMs;
  }
  return worst;
}
