import { dayMs } from './civil-day.ts';
import { type DueRun, dueOnDay, dueRuns, lateOf, matchesDay, nextLate, previousDue } from './due-times.ts';
import type { CalendarSchedule, DayRule, IntervalSchedule, Schedule, TimedSchedule } from './schedule.ts';
import { isTimed } from './schedule.ts';
import { clockChanges } from './zone-clock.ts';

/** The time that is looked at. Zones change their rules by law, so it is as they are known now. */
export interface GapSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** After 28 years the weekdays of all dates, 29 February among them, have come round. */
export const gapSpan: GapSpan = { fromMs: Date.UTC(2025, 0, 1), toMs: Date.UTC(2053, 0, 1) };

/** Every change of the clock is the same to schedules that run more often than this, so a leap cycle does. */
const denseGapMs = 6 * 3_600_000;
const denseSpanMs = 1461 * dayMs;

/** Times of day are counted from midnight, so a change of the clock is felt on its day and the one after. */
const changeMarginMs = 2 * dayMs;

/** What comes round with the weeks shows itself in one of them, and the gaps at its ends. */
const quietMs = 9 * dayMs;

/** With a change of the clock. */
const longDayMs = dayMs + 3_600_000;

/** Of several schedules together; past it the gap of the densest one stands, which is never too small. */
const runsMax = 100_000;

const minuteMs = 60_000;
const dayMinutes = 1440;
const weekDays = 7;
/** 1970-01-01 was a Thursday. */
const weekdayOfFirstDay = 4;

/**
 * The worst distance between two runs of one schedule, changes of the clock included, in milliseconds: from the moment
 * at which a run is due to the moment at which the next is late, so that a window is counted. `undefined` for event
 * schedules, which promise nothing; 0 for continuous ones.
 */
export function longestGapMs(schedule: Schedule, span: GapSpan = gapSpan): number | undefined {
  if (schedule.kind === 'continuous') return 0;
  if (!isTimed(schedule)) return undefined;
  const quiet = isWeekly(schedule) ? wallGapMs(schedule) : datedGapMs(schedule, span);
  const around = changesOf([schedule], spanFor(quiet, span)).map((atMs) => gapAroundMs([schedule], atMs));
  return Math.max(quiet, ...around);
}

/** The same for several schedules that are kept together: a run of any of them counts. `undefined` for none. */
export function longestGapOfAllMs(
  schedules: readonly TimedSchedule[],
  span: GapSpan = gapSpan,
): number | undefined {
  const gaps = schedules.map((schedule) => ({ schedule, gapMs: longestGapMs(schedule, span) ?? 0 }));
  const densest = gaps.toSorted((a, b) => a.gapMs - b.gapMs)[0];
  if (densest === undefined || gaps.length === 1) return densest?.gapMs;
  const boundMs = densest.gapMs;
  let worst = 0;
  let runs = 0;
  for (const stretch of stretchesOf(schedules, densest, spanFor(boundMs, span))) {
    const within = gapWithin(stretch.schedules, stretch, runsMax - runs);
    if (within === undefined) return boundMs;
    runs += within.runs;
    worst = Math.max(worst, within.gapMs);
    if (worst >= boundMs) return boundMs;
  }
  return worst;
}

interface Stretch extends GapSpan {
  readonly schedules: readonly TimedSchedule[];
}

/**
 * What has to be looked at to meet every gap. Where the densest schedule runs every day, others that do not come round
 * with the weeks cannot divide its gaps in all of them, and need to be looked at only where the clock changes; different
 * zones stand differently to each other after every change.
 */
function* stretchesOf(
  schedules: readonly TimedSchedule[],
  densest: { readonly schedule: TimedSchedule; readonly gapMs: number },
  span: GapSpan,
): Generator<Stretch> {
  const isDated = !schedules.every(isWeekly);
  if (!isWeekly(densest.schedule) || (isDated && densest.gapMs > longDayMs)) {
    yield { schedules, ...span };
    return;
  }
  const weekly = schedules.map(weeklyPart).filter((schedule) => schedule !== undefined);
  const changes = changesOf(schedules, span);
  const zones = new Set(schedules.map(({ zone }) => zone));
  yield { schedules: weekly, ...quietAfter(quietStart(changes, span.fromMs)) };
  for (const atMs of changes) {
    yield { schedules, ...aroundChange(schedules, atMs) };
    if (zones.size > 1) yield { schedules: weekly, ...quietAfter(atMs) };
  }
}

function quietAfter(atMs: number): GapSpan {
  return { fromMs: atMs, toMs: atMs + quietMs };
}

/** The first moment after which no clock changes for as long as is looked at. */
function quietStart(changes: readonly number[], fromMs: number): number {
  const starts = [fromMs, ...changes.map((atMs) => atMs + changeMarginMs)];
  const isQuiet = (startMs: number): boolean =>
    changes.every((atMs) => atMs < startMs || atMs > startMs + quietMs + changeMarginMs);
  return starts.find(isQuiet) ?? fromMs;
}

function spanFor(gapMs: number, span: GapSpan): GapSpan {
  if (gapMs >= denseGapMs) return span;
  return { fromMs: span.fromMs, toMs: Math.min(span.toMs, span.fromMs + denseSpanMs) };
}

function changesOf(schedules: readonly TimedSchedule[], { fromMs, toMs }: GapSpan): readonly number[] {
  const zones = new Set(schedules.map(({ zone }) => zone));
  const changes = [...zones].flatMap((zone) => clockChanges(zone, fromMs, toMs));
  return [...new Set(changes)].sort((a, b) => a - b);
}

/** From the last run before the clock could be felt to the first after it. */
function aroundChange(schedules: readonly TimedSchedule[], atMs: number): GapSpan {
  const before = schedules.map((schedule) => previousDue(schedule, atMs - changeMarginMs) ?? atMs);
  return { fromMs: Math.max(...before), toMs: atMs + changeMarginMs };
}

function gapAroundMs(schedules: readonly TimedSchedule[], atMs: number): number {
  return gapWithin(schedules, aroundChange(schedules, atMs), Number.POSITIVE_INFINITY)?.gapMs ?? 0;
}

/** The worst of the gaps that begin in the span; `undefined` when that is more than `limit` runs. */
function gapWithin(
  schedules: readonly TimedSchedule[],
  { fromMs, toMs }: GapSpan,
  limit: number,
): { readonly gapMs: number; readonly runs: number } | undefined {
  const lates = schedules.map((schedule) => nextLate(schedule, toMs)).filter((ms) => ms !== undefined);
  const untilMs = Math.min(...lates);
  const runs: DueRun[] = [];
  for (const schedule of schedules) {
    for (const run of dueRuns(schedule, fromMs, untilMs + 1)) {
      runs.push(run);
      if (runs.length > limit) return undefined;
    }
  }
  return { gapMs: worstGapMs(runs, toMs), runs: runs.length };
}

/** Just before `lateMs` of the run that must follow, the last one may have begun as early as it was due. */
function worstGapMs(runs: readonly DueRun[], beganBeforeMs = Number.POSITIVE_INFINITY): number {
  const ordered = runs.toSorted((a, b) => b.dueMs - a.dueMs);
  let worst = 0;
  let followedByMs = Number.POSITIVE_INFINITY;
  for (let index = 0; index < ordered.length; ) {
    const dueMs = ordered[index]?.dueMs ?? 0;
    if (followedByMs !== Number.POSITIVE_INFINITY && dueMs <= beganBeforeMs)
      worst = Math.max(worst, followedByMs - dueMs);
    for (; ordered[index]?.dueMs === dueMs; index++)
      followedByMs = Math.min(followedByMs, ordered[index]?.lateMs ?? followedByMs);
  }
  return worst;
}

/** Whether the schedule is the same in every week without a change of the clock. */
function isWeekly(schedule: TimedSchedule): boolean {
  return weeklyPart(schedule) === schedule;
}

/** What of the schedule comes round with the weeks: all of it, the Fridays of "the 13th or a Friday", or nothing. */
function weeklyPart(schedule: TimedSchedule): TimedSchedule | undefined {
  if (schedule.kind === 'interval' || weekdaysOf(schedule.days) !== undefined) return schedule;
  const { days } = schedule;
  if (days.kind !== 'cron' || !days.either || days.months.length < 12) return undefined;
  return { ...schedule, days: { kind: 'weekdays', weekdays: days.weekdays } };
}

/** Ascending; nothing for rules that follow dates. */
function weekdaysOf(rule: DayRule): readonly number[] | undefined {
  switch (rule.kind) {
    case 'every':
      if (rule.days === weekDays) return [weekdayOfFirstDay];
      return rule.days === 1 ? [0, 1, 2, 3, 4, 5, 6] : undefined;
    case 'weekdays':
      return rule.weekdays;
    case 'cron':
      return rule.months.length === 12 && rule.daysOfMonth.length === 31 && !rule.either
        ? rule.weekdays
        : undefined;
    default:
      return undefined;
  }
}

/** The worst distance on a wall clock that never changes. */
function wallGapMs(schedule: TimedSchedule): number {
  return schedule.kind === 'interval' ? intervalGapMs(schedule) : weeklyGapMs(schedule);
}

/** Counted anew from each midnight, so the last step of a day may be shorter, or longer by what it began later. */
function intervalGapMs({ stepMinutes, offsetMinutes }: IntervalSchedule): number {
  const last = offsetMinutes + Math.floor((dayMinutes - 1 - offsetMinutes) / stepMinutes) * stepMinutes;
  const within = last === offsetMinutes ? 0 : stepMinutes;
  return Math.max(within, dayMinutes + offsetMinutes - last) * minuteMs;
}

function weeklyGapMs(schedule: CalendarSchedule): number {
  const weekdays = weekdaysOf(schedule.days) ?? [];
  const days = weekdays.map(
    (weekday, index) => (weekdays[index + 1] ?? (weekdays[0] ?? 0) + weekDays) - weekday,
  );
  const minutes = schedule.minutesOfDay;
  const overnight = (minutes[0] ?? 0) - (minutes.at(-1) ?? 0) + (schedule.windowMinutes ?? 0);
  return Math.max(withinDayMs(schedule), (Math.max(...days) * dayMinutes + overnight) * minuteMs);
}

function withinDayMs({ minutesOfDay }: CalendarSchedule): number {
  const within = minutesOfDay.map((minute, index) => minute - (minutesOfDay[index - 1] ?? minute));
  return Math.max(...within) * minuteMs;
}

/** Rules that follow dates: every day of the span that they name is looked at, with its first and its last time. */
function datedGapMs(schedule: TimedSchedule, { fromMs, toMs }: GapSpan): number {
  if (schedule.kind === 'interval') return wallGapMs(schedule);
  const { minutesOfDay } = schedule;
  const ends = [...new Set([minutesOfDay[0] ?? 0, minutesOfDay.at(-1) ?? 0])];
  const thinned = { ...schedule, minutesOfDay: ends };
  let worst = withinDayMs(schedule);
  let lastDueMs: number | undefined;
  const lastDay = Math.floor(toMs / dayMs);
  for (let day = Math.floor(fromMs / dayMs); day < lastDay; day++) {
    if (!matchesDay(schedule.days, day)) continue;
    const due = dueOnDay(thinned, day);
    const [firstMs] = due;
    if (firstMs === undefined) continue;
    if (lastDueMs !== undefined) worst = Math.max(worst, lateOf(schedule, day, firstMs) - lastDueMs);
    lastDueMs = due.at(-1);
  }
  return worst;
}
