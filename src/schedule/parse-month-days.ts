/** Which days of which months: `monthly on the last Friday`, `quarterly`, `yearly on 15 March`. Input is lower-case. */
import { parseWeekday } from './parse-weekday.ts';
import type { DayRule, ScheduleError } from './schedule.ts';

export type MonthDaysResult =
  | { readonly ok: true; readonly days: DayRule }
  | { readonly ok: false; readonly error: ScheduleError };

type DayOfMonth =
  | { readonly kind: 'monthly'; readonly day: number | 'last' }
  | { readonly kind: 'month-weekday'; readonly nth: number | 'last'; readonly weekdays: readonly number[] };

const everyMonth = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const monthWords = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];
const ordinalWords = ['first', 'second', 'third', 'fourth', 'fifth'];
const nthMax = 4;

/** `undefined` when the text is about something else than months. */
export function parseMonthDays(head: string): MonthDaysResult | undefined {
  const named =
    /^(monthly|quarterly|yearly|annually|(?:every|each) (?:month|quarter|year))(?: on (.+))?$/.exec(head);
  if (named !== null) return ofPeriod(named[1] ?? '', named[2]);
  const listed = /^(?:monthly )?on (.+) (?:of|in) (.+)$/.exec(head);
  const months = listed === null ? undefined : parseMonths(listed[2] ?? '');
  if (listed === null || months === undefined) return undefined;
  return combine(listed[1] ?? '', months, 'monthly on the 1st');
}

/** Every so many months, from January. */
export function everyMonths(count: number): readonly number[] {
  return everyMonth.filter((month) => (month - 1) % count === 0);
}

function ofPeriod(word: string, dayText: string | undefined): MonthDaysResult {
  const count = word.includes('month') ? 1 : word.includes('quarter') ? 3 : 12;
  const months = everyMonths(count);
  if (dayText === undefined) return { ok: true, days: { kind: 'monthly', day: 1, months } };
  const date = count === 12 ? parseDate(dayText) : undefined;
  return date ?? combine(dayText, months, `${word} on the 1st`);
}

/** `15 March`, `March 15`, `the 15th of March`. */
function parseDate(text: string): MonthDaysResult | undefined {
  const words = text.replace(/^the /, '');
  const match = /^([a-z]+) (?:the )?(\S+)$/.exec(words);
  const [dayText = '', monthText = ''] =
    match !== null && parseMonth(match[1] ?? '') !== undefined
      ? [match[2], match[1]]
      : words.split(/ of | (?=\S+$)/, 2);
  const month = parseMonth(monthText);
  return month === undefined ? undefined : combine(dayText, [month], 'yearly on 1 March');
}

function combine(dayText: string, months: readonly number[], suggestion: string): MonthDaysResult {
  const day = parseDay(dayText);
  if (day === undefined) {
    const expected = 'a day such as "the 1st", "the 15th", "the last day" or "the first Monday"';
    return {
      ok: false,
      error: {
        message: `day "${dayText.replace(/^(the|day) /, '')}" is not understood`,
        expected,
        suggestion,
      },
    };
  }
  if (
    day.kind === 'monthly' &&
    typeof day.day === 'number' &&
    months.every((month) => Number(day.day) > daysAtMost(month))
  ) {
    const message = `there is no day ${day.day} in ${months.map((month) => monthWords[month - 1]).join(', ')}`;
    return { ok: false, error: { message, expected: 'a day that the month has' } };
  }
  return { ok: true, days: { ...day, months } };
}

function daysAtMost(month: number): number {
  return month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function parseDay(text: string): DayOfMonth | undefined {
  const words = text
    .replace(/^(the|day) /, '')
    .replace(/ \(or the last\)$/, '')
    .replace(/ (day )?of (the|each|every) (month|quarter|year)$/, ' day')
    .replace(/(\S) day$/, '$1');
  if (words === 'last') return { kind: 'monthly', day: 'last' };
  return parseMonthWeekday(words) ?? parseDayNumber(words);
}

function parseMonthWeekday(words: string): DayOfMonth | undefined {
  const match = /^(\S+) (.+)$/.exec(words);
  if (match === null) return undefined;
  const [, nthText = '', dayText = ''] = match;
  const nth = nthText === 'last' ? 'last' : ordinal(nthText);
  const weekdays = /^(week|working|business|work)( ?day)?s?$/.test(dayText)
    ? [1, 2, 3, 4, 5]
    : [parseWeekday(dayText)].filter((weekday) => weekday !== undefined);
  if (nth === undefined || (nth !== 'last' && nth > nthMax) || weekdays.length === 0) return undefined;
  return { kind: 'month-weekday', nth, weekdays };
}

function parseDayNumber(words: string): DayOfMonth | undefined {
  const day = ordinal(words) ?? (/^\d{1,2}\.?$/.test(words) ? Number.parseInt(words, 10) : 0);
  return day >= 1 && day <= 31 ? { kind: 'monthly', day } : undefined;
}

function ordinal(word: string): number | undefined {
  const index = ordinalWords.indexOf(word);
  if (index !== -1) return index + 1;
  const match = /^(\d{1,2})(st|nd|rd|th)$/.exec(word);
  return match === null ? undefined : Number(match[1]);
}

/** `every month`, `the quarter`, `jan, apr, jul and oct`, `march`. */
function parseMonths(text: string): readonly number[] | undefined {
  const every = /^(?:every|each|the|a) (month|quarter|year)$/.exec(text)?.[1];
  if (every !== undefined) return everyMonths(every === 'month' ? 1 : every === 'quarter' ? 3 : 12);
  const months = text.split(/\s*,\s*(?:and\s+)?|\s+and\s+/).map(parseMonth);
  const known = months.filter((month) => month !== undefined);
  if (known.length < months.length) return undefined;
  return [...new Set(known)].sort((a, b) => a - b);
}

function parseMonth(word: string): number | undefined {
  if (word.length < 3) return undefined;
  const index = monthWords.findIndex(
    (name) => name === word || name.slice(0, 3) === word || (word === 'sept' && name === 'september'),
  );
  return index === -1 ? undefined : index + 1;
}
