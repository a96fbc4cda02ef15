/** The part of a schedule before its time: which days, which interval, which event. Input is lower-case. */
import { everyMonths, parseMonthDays } from './parse-month-days.ts';
import { parseWeekday } from './parse-weekday.ts';
import type { DayRule, ScheduleError, ScheduleEvent } from './schedule.ts';

export type ScheduleHead =
  | { readonly kind: 'days'; readonly days: DayRule }
  | { readonly kind: 'interval'; readonly stepMinutes: number }
  | { readonly kind: 'event'; readonly event: ScheduleEvent }
  | { readonly kind: 'continuous' }
  | { readonly kind: 'refused'; readonly error: ScheduleError };

const dayMinutes = 1440;
const intervalDaysMax = 366;
const everyDay: DayRule = { kind: 'every', days: 1 };

const fixedHeads: ReadonlyMap<string, ScheduleHead> = new Map<string, ScheduleHead>([
  ['continuous', { kind: 'continuous' }],
  ['continuously', { kind: 'continuous' }],
  ['hourly', { kind: 'interval', stepMinutes: 60 }],
  ['daily', { kind: 'days', days: everyDay }],
  ['nightly', { kind: 'days', days: everyDay }],
  ['weekdays', { kind: 'days', days: { kind: 'weekdays', weekdays: [1, 2, 3, 4, 5] } }],
  ['weekday', { kind: 'days', days: { kind: 'weekdays', weekdays: [1, 2, 3, 4, 5] } }],
  ['weekends', { kind: 'days', days: { kind: 'weekdays', weekdays: [0, 6] } }],
  ['weekly', { kind: 'days', days: { kind: 'weekdays', weekdays: [0] } }],
]);

export function parseHead(head: string): ScheduleHead | undefined {
  return (
    fixedHeads.get(head) ?? parseEvent(head) ?? parseEvery(head) ?? parseMonthly(head) ?? parseWeekly(head)
  );
}

function parseEvent(head: string): ScheduleHead | undefined {
  const match = /^(?:on|at|after) (?:(?:every|each) )?(deploy|deployment|release|commit|push)s?$/.exec(head);
  if (match === null) return undefined;
  return { kind: 'event', event: match[1] === 'commit' || match[1] === 'push' ? 'commit' : 'deploy' };
}

/** `every 6h`, `every 15 min`, `every hour`, `every 2 days`, `every weekday`. */
function parseEvery(head: string): ScheduleHead | undefined {
  const match =
    /^(?:every|each) (?:(\d{1,6}) ?)?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|nights?|w|weeks?|months?)$/.exec(
      head,
    );
  if (match === null) {
    const named = /^(?:every|each) (weekdays?|weekends)$/.exec(head)?.[1];
    return named === undefined ? undefined : fixedHeads.get(named);
  }
  const count = Number(match[1] ?? '1');
  const unit = match[2] ?? '';
  if (unit.startsWith('s'))
    return refused('a schedule is at least one minute apart', 'a minute or more', 'every 1 min');
  if (count === 0) return refused('a schedule cannot repeat every 0', 'a number from 1');
  if (unit.startsWith('mo')) return monthsApart(count);
  if (unit.startsWith('m')) return everyMinutes(count);
  if (unit.startsWith('h')) return everyMinutes(count * 60);
  if (unit.startsWith('w')) return count === 1 ? fixedHeads.get('weekly') : everyDays(count * 7);
  return everyDays(count);
}

function everyMinutes(minutes: number): ScheduleHead {
  if (minutes < dayMinutes || minutes === dayMinutes) return { kind: 'interval', stepMinutes: minutes };
  if (minutes % dayMinutes === 0) return everyDays(minutes / dayMinutes);
  const days = Math.floor(minutes / dayMinutes);
  return refused(
    'an interval above a day that is not whole days is not supported',
    'up to 24 hours, or whole days',
    days === 1 ? 'every 1 day' : `every ${days} days`,
  );
}

function everyDays(days: number): ScheduleHead {
  if (days > intervalDaysMax)
    return refused(`every ${days} days is too rare`, `at most every ${intervalDaysMax} days`);
  return { kind: 'days', days: { kind: 'every', days } };
}

function monthsApart(count: number): ScheduleHead {
  if (12 % count !== 0) {
    return refused(`every ${count} months does not divide a year`, 'every 1, 2, 3, 4, 6 or 12 months');
  }
  return { kind: 'days', days: { kind: 'monthly', day: 1, months: everyMonths(count) } };
}

function parseMonthly(head: string): ScheduleHead | undefined {
  const result = parseMonthDays(head);
  if (result === undefined) return undefined;
  return result.ok ? { kind: 'days', days: result.days } : { kind: 'refused', error: result.error };
}

/** `weekly on Sunday`, `on Monday and Thursday`, `every Friday`, `Tuesdays`. */
function parseWeekly(head: string): ScheduleHead | undefined {
  const list = head.replace(/^(weekly )?(on |every |each )?/, '');
  const weekdays = new Set<number>();
  for (const word of list.split(/\s*,\s*(?:and\s+)?|\s+and\s+/)) {
    const weekday = parseWeekday(word);
    if (weekday === undefined) return undefined;
    weekdays.add(weekday);
  }
  return { kind: 'days', days: { kind: 'weekdays', weekdays: [...weekdays].sort((a, b) => a - b) } };
}

function refused(message: string, expected: string, suggestion?: string): ScheduleHead {
  return {
    kind: 'refused',
    error: { message, expected, ...(suggestion === undefined ? {} : { suggestion }) },
  };
}
