/** Reads how often something is to be done where no clock time matters: a drill, a review, a test of the contacts. */
import { civilDay } from './civil-day.ts';
import type { ScheduleError } from './schedule.ts';
import { nearWord } from './suggest-schedule.ts';

export interface Cadence {
  /** As written in the plan. */
  readonly text: string;
  /** The longest time between two occurrences on the calendar: a quarter has at most 92 days. */
  readonly intervalMs: number;
  /** On average, in a year of 365 days. */
  readonly perYear: number;
}

export type CadenceResult =
  | { readonly ok: true; readonly cadence: Cadence }
  | { readonly ok: false; readonly error: ScheduleError };

interface Period {
  readonly unit: Unit;
  readonly count: number;
}

type Unit = 'hour' | 'day' | 'month';

const textLengthMax = 100;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const yearDays = 365;
const yearsMax = 10;

const expected = '"daily", "weekly", "monthly", "quarterly", "every 6 months", "annually" or "every 90 days"';

const named: ReadonlyMap<string, Period> = new Map<string, Period>([
  ['hourly', { unit: 'hour', count: 1 }],
  ['daily', { unit: 'day', count: 1 }],
  ['nightly', { unit: 'day', count: 1 }],
  ['weekly', { unit: 'day', count: 7 }],
  ['fortnightly', { unit: 'day', count: 14 }],
  ['monthly', { unit: 'month', count: 1 }],
  ['quarterly', { unit: 'month', count: 3 }],
  ['half-yearly', { unit: 'month', count: 6 }],
  ['semiannually', { unit: 'month', count: 6 }],
  ['semi-annually', { unit: 'month', count: 6 }],
  ['yearly', { unit: 'month', count: 12 }],
  ['annually', { unit: 'month', count: 12 }],
]);

const units: ReadonlyMap<string, Period> = new Map<string, Period>([
  ['h', { unit: 'hour', count: 1 }],
  ['hour', { unit: 'hour', count: 1 }],
  ['d', { unit: 'day', count: 1 }],
  ['day', { unit: 'day', count: 1 }],
  ['w', { unit: 'day', count: 7 }],
  ['week', { unit: 'day', count: 7 }],
  ['month', { unit: 'month', count: 1 }],
  ['quarter', { unit: 'month', count: 3 }],
  ['y', { unit: 'month', count: 12 }],
  ['year', { unit: 'month', count: 12 }],
]);

const countWords: ReadonlyMap<string, number> = new Map([
  ['once', 1],
  ['twice', 2],
  ['one', 1],
  ['two', 2],
  ['three', 3],
  ['four', 4],
  ['six', 6],
]);

/** Words that some read as "twice a" and others as "every second". */
const ambiguous: ReadonlyMap<string, readonly [string, string]> = new Map<string, readonly [string, string]>([
  ['biweekly', ['every 2 weeks', 'twice a week']],
  ['bimonthly', ['every 2 months', 'twice a month']],
  ['biannually', ['every 6 months', 'every 2 years']],
  ['biannual', ['every 6 months', 'every 2 years']],
  ['biyearly', ['every 6 months', 'every 2 years']],
]);

/**
 * `text` such as `quarterly`, `every 90 days`, `6 months`, `every other week`, `twice a year`. Never throws; what is
 * not understood comes back as a value.
 */
export function parseCadence(text: string): CadenceResult {
  const words = text.trim().replace(/\s+/g, ' ').toLowerCase();
  if (words.length === 0) return failure('the cadence is empty');
  if (words.length > textLengthMax) return failure('the cadence is too long');
  const readings = ambiguous.get(words.replace('-', ''));
  if (readings !== undefined) {
    const [often, other] = readings;
    return failure(`"${words}" may mean "${often}" or "${other}"`, `"${often}" or "${other}"`, often);
  }
  const times =
    /^(once|twice|(?:\d{1,3}|one|two|three|four|six) times) (?:a|an|each|every|per) ([a-z]+)$/.exec(words);
  if (times !== null) return timesIn(text, countOf(times[1]?.split(' ')[0] ?? ''), times[2] ?? '');
  const period = named.get(words) ?? parsePeriod(words);
  if (period === undefined) return notUnderstood(words);
  if (period.count === 0) return failure('a cadence cannot repeat every 0', 'a number from 1');
  return withinBound(text, { period, times: 1 });
}

/** `every quarter`, `every 90 days`, `every other week`, `6 months`. */
function parsePeriod(words: string): Period | undefined {
  const match =
    /^(?:every|each) ([a-z]+)$/.exec(words) ??
    /^(?:(?:every|each) )?(?:(other|second|\d{1,4}|one|two|three|four|six)[ -]?)([a-z]+)$/.exec(words);
  if (match === null) return undefined;
  const [unitText, countText] = match[2] === undefined ? [match[1], '1'] : [match[2], match[1]];
  const unit = unitOf(unitText ?? '');
  return unit === undefined ? undefined : { unit: unit.unit, count: unit.count * countOf(countText ?? '') };
}

function countOf(word: string): number {
  if (word === 'other' || word === 'second') return 2;
  return countWords.get(word) ?? Number(word);
}

function unitOf(word: string): Period | undefined {
  return (
    units.get(word) ?? (word.length > 2 && word.endsWith('s') ? units.get(word.slice(0, -1)) : undefined)
  );
}

function timesIn(text: string, times: number, word: string): CadenceResult {
  const period = unitOf(word);
  if (period === undefined) return notUnderstood(text);
  if (times === 0) return failure('a cadence cannot be 0 times', 'a number from 1');
  const count = period.count / times;
  // "twice a year" is every 6 months; five times a year is no whole number of months, and counts in days.
  if (period.unit !== 'month' || Number.isInteger(count)) {
    return withinBound(text, { period: { unit: period.unit, count }, times: 1 });
  }
  return withinBound(text, { period, times });
}

interface Rate {
  readonly period: Period;
  /** How often in each period, evenly spread. */
  readonly times: number;
}

function withinBound(text: string, { period, times }: Rate): CadenceResult {
  const perYear = yearRate(period) * times;
  if (perYear < 1 / yearsMax)
    return failure(`"${text.trim()}" is too rare`, `at least every ${yearsMax} years`);
  const intervalMs = Math.ceil(longestMs(period) / times);
  if (intervalMs < hourMs) return failure(`"${text.trim()}" is too often`, 'at most every hour');
  return { ok: true, cadence: { text, intervalMs, perYear } };
}

function yearRate({ unit, count }: Period): number {
  if (unit === 'month') return 12 / count;
  return (unit === 'day' ? yearDays : yearDays * 24) / count;
}

function longestMs({ unit, count }: Period): number {
  if (unit === 'month') return longestMonthsDays(count) * dayMs;
  return count * (unit === 'day' ? dayMs : hourMs);
}

/** The most days that so many months in a row can have, over a leap cycle. */
function longestMonthsDays(months: number): number {
  const leapCycleMonths = 48;
  let longest = 0;
  for (let first = 1; first <= leapCycleMonths; first++) {
    longest = Math.max(longest, civilDay(2024, first + months, 1) - civilDay(2024, first, 1));
  }
  return longest;
}

function notUnderstood(words: string): CadenceResult {
  const near = nearWord(words, [...named.keys()]);
  return failure(`cadence "${words}" is not understood`, expected, near);
}

function failure(message: string, expectedText = expected, suggestion?: string): CadenceResult {
  return {
    ok: false,
    error: { message, expected: expectedText, ...(suggestion === undefined ? {} : { suggestion }) },
  };
}
