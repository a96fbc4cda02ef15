/** When a schedule is due: pure functions of the schedule and the clock, never of the last run. */
import { unreachable } from '../error/assert.ts';
import { type CivilDay, civilDate, dayMs, daysInMonth } from './civil-day.ts';
import type {
  CalendarSchedule,
  DayRule,
  IntervalSchedule,
  MonthWeekday,
  Schedule,
  TimedSchedule,
} from './schedule.ts';
import { isTimed } from './schedule.ts';
import { firstInstantAtOrAfter, instantsOf, startOfDayMs, wallTime } from './zone-clock.ts';

/** 29 February may be eight years away (2096 to 2104); no schedule waits longer. */
const searchDaysMax = 9 * 366;

const minuteMs = 60_000;
const dayMinutes = 1440;

/** Asking the zone takes microseconds; for many minutes of a day without a change of the clock they are added up. */
const minutesAskedOneByOneMax = 2;

/** The first due time after `afterMs`; `undefined` for schedules without due times. */
export function nextDue(schedule: Schedule, afterMs: number): number | undefined {
  for (const { dueMs } of runsAfter(schedule, afterMs)) return dueMs;
  return undefined;
}

/** The last due time at or before `atMs`; `undefined` for schedules without due times. */
export function previousDue(schedule: Schedule, atMs: number): number | undefined {
  if (!isTimed(schedule)) return undefined;
  const today = wallTime(atMs, schedule.zone).day;
  for (let day = today + 1; day > today - searchDaysMax; day--) {
    const dueMs = dueOnDay(schedule, day).findLast((candidateMs) => candidateMs <= atMs);
    if (dueMs !== undefined) return dueMs;
  }
  return undefined;
}

/** Due times within `[fromMs, toMs)`, ascending, none twice. */
export function* dueTimes(schedule: Schedule, fromMs: number, toMs: number): Generator<number> {
  for (const { dueMs } of dueRuns(schedule, fromMs, toMs)) yield dueMs;
}

/** A run that the schedule asks for. */
export interface DueRun {
  readonly dueMs: number;
  /** When a run that has not begun is late: the end of its window, or the due time itself. */
  readonly lateMs: number;
}

/** Runs that are due within `[fromMs, toMs)`, ascending, none twice. */
export function* dueRuns(schedule: Schedule, fromMs: number, toMs: number): Generator<DueRun> {
  for (const run of runsAfter(schedule, fromMs - 1)) {
    if (run.dueMs >= toMs) return;
    yield run;
  }
}

/** When the first run that is due after `afterMs` is late; `undefined` for schedules without due times. */
export function nextLate(schedule: Schedule, afterMs: number): number | undefined {
  for (const { lateMs } of runsAfter(schedule, afterMs)) return lateMs;
  return undefined;
}

function* runsAfter(schedule: Schedule, afterMs: number): Generator<DueRun> {
  if (!isTimed(schedule)) return;
  let lastMs = afterMs;
  // One day back, because a day that a zone skips altogether runs at the start of the following one.
  let day = wallTime(afterMs, schedule.zone).day - 1;
  let giveUpDay = day + searchDaysMax;
  for (; day <= giveUpDay; day++) {
    for (const dueMs of dueOnDay(schedule, day)) {
      if (dueMs <= lastMs) continue;
      lastMs = dueMs;
      giveUpDay = day + searchDaysMax;
      yield { dueMs, lateMs: lateOf(schedule, day, dueMs) };
    }
  }
}

export function lateOf(schedule: TimedSchedule, day: CivilDay, dueMs: number): number {
  if (schedule.kind !== 'calendar' || schedule.windowMinutes === undefined) return dueMs;
  const endMinute = (schedule.minutesOfDay[0] ?? 0) + schedule.windowMinutes;
  const endMs = firstInstantAtOrAfter(
    day + Math.floor(endMinute / dayMinutes),
    endMinute % dayMinutes,
    schedule.zone,
  );
  return Math.max(dueMs, endMs);
}

export function dueOnDay(schedule: TimedSchedule, day: CivilDay): readonly number[] {
  switch (schedule.kind) {
    case 'calendar':
      return matchesDay(schedule.days, day) ? calendarTimes(schedule, day) : [];
    case 'interval':
      return intervalTimes(schedule, day);
    default:
      return unreachable(schedule);
  }
}

/** Ascending; several missing times that fall on the same jump count once. */
function calendarTimes(schedule: CalendarSchedule, day: CivilDay): readonly number[] {
  const { minutesOfDay, zone } = schedule;
  if (minutesOfDay.length > minutesAskedOneByOneMax) {
    const startMs = startOfDayMs(day, zone);
    if (startOfDayMs(day + 1, zone) - startMs === dayMs)
      return minutesOfDay.map((minute) => startMs + minute * minuteMs);
  }
  const times = schedule.everyHour
    ? minutesOfDay.flatMap((minute) => instantsOf(day, minute, zone))
    : minutesOfDay.map((minute) => firstInstantAtOrAfter(day, minute, zone));
  return [...new Set(times)].sort((a, b) => a - b);
}

function intervalTimes(schedule: IntervalSchedule, day: CivilDay): readonly number[] {
  const startMs = startOfDayMs(day, schedule.zone);
  const endMs = startOfDayMs(day + 1, schedule.zone);
  const times: number[] = [];
  for (
    let atMs = startMs + schedule.offsetMinutes * minuteMs;
    atMs < endMs;
    atMs += schedule.stepMinutes * minuteMs
  ) {
    times.push(atMs);
  }
  return times;
}

/** Whether the rule names this day. */
export function matchesDay(rule: DayRule, day: CivilDay): boolean {
  const date = civilDate(day);
  switch (rule.kind) {
    case 'every':
      return day % rule.days === 0;
    case 'weekdays':
      return rule.weekdays.includes(date.weekday);
    case 'monthly': {
      const last = daysInMonth(date.year, date.month);
      const wanted = rule.day === 'last' ? last : Math.min(rule.day, last);
      return rule.months.includes(date.month) && date.day === wanted;
    }
    case 'month-weekday':
      return rule.months.includes(date.month) && isMonthWeekday(rule, day);
    case 'cron': {
      if (!rule.months.includes(date.month)) return false;
      const isLast = rule.lastDay && date.day === daysInMonth(date.year, date.month);
      const byMonth = isLast || rule.daysOfMonth.includes(date.day);
      const byWeek = rule.weekdays.includes(date.weekday);
      return rule.either ? byMonth || byWeek : byMonth && byWeek;
    }
    default:
      return unreachable(rule);
  }
}

function isMonthWeekday(rule: MonthWeekday, day: CivilDay): boolean {
  const { year, month, day: dayOfMonth, weekday } = civilDate(day);
  if (!rule.weekdays.includes(weekday)) return false;
  const isNamed = (each: number): boolean =>
    rule.weekdays.includes((((weekday + each - dayOfMonth) % 7) + 7) % 7);
  if (rule.nth === 'last') {
    for (let each = dayOfMonth + 1; each <= daysInMonth(year, month); each++) if (isNamed(each)) return false;
    return true;
  }
  let nth = 0;
  for (let each = 1; each <= dayOfMonth; each++) if (isNamed(each)) nth += 1;
  return nth === rule.nth;
}
