/** The part of a schedule before `at`: which days, which interval, which event. Input is lower-case. */
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
const everyMonth = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const weekdayWords = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const ordinalWords = ['first', 'second', 'third', 'fourth', 'fifth'];

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
  if (unit.startsWith('mo')) return everyMonths(count);
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

function everyMonths(count: number): ScheduleHead {
  if (12 % count !== 0) {
    return refused(`every ${count} months does not divide a year`, 'every 1, 2, 3, 4, 6 or 12 months');
  }
  const months = everyMonth.filter((month) => (month - 1) % count === 0);
  return { kind: 'days', days: { kind: 'monthly', day: 1, months } };
}

/** `monthly`, `monthly on the 1st`, `quarterly on the last day`, `yearly`. */
function parseMonthly(head: string): ScheduleHead | undefined {
  const match =
    /^(monthly|quarterly|yearly|annually|every month|every quarter|every year)(?: on (?:the |day )?(.+))?$/.exec(
      head,
    );
  if (match === null) return undefined;
  const word = match[1] ?? '';
  const day = match[2] === undefined ? 1 : parseDayOfMonth(match[2]);
  if (day === undefined) {
    return refused(
      `day "${match[2]}" is not understood`,
      'a day such as "the 1st", "the 15th" or "the last day"',
      `${word} on the 1st`,
    );
  }
  const every = word.includes('month') ? 1 : word.includes('quarter') ? 3 : 12;
  return {
    kind: 'days',
    days: { kind: 'monthly', day, months: everyMonth.filter((month) => (month - 1) % every === 0) },
  };
}

function parseDayOfMonth(text: string): number | 'last' | undefined {
  const words = text
    .replace(/ (day )?of (the|each|every) (month|quarter|year)$/, ' day')
    .replace(/ day$/, '');
  if (words === 'last') return 'last';
  const ordinal = ordinalWords.indexOf(words);
  if (ordinal !== -1) return ordinal + 1;
  const match = /^(\d{1,2})(st|nd|rd|th|\.)?$/.exec(words);
  const day = match === null ? 0 : Number(match[1]);
  return day >= 1 && day <= 31 ? day : undefined;
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

function parseWeekday(word: string): number | undefined {
  const singular = word.replace(/s$/, '');
  if (singular.length < 3) return undefined;
  const index = weekdayWords.findIndex(
    (name) =>
      name === singular ||
      name.slice(0, 3) === word ||
      name.slice(0, 4) === word ||
      name.slice(0, 5) === word,
  );
  return index === -1 ? undefined : index;
}

function refused(message: string, expected: string, suggestion?: string): ScheduleHead {
  return {
    kind: 'refused',
    error: { message, expected, ...(suggestion === undefined ? {} : { suggestion }) },
  };
}
