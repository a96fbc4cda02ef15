/** Five-field cron expressions, with names, lists, ranges, steps, `L` for the last day, and the usual nicknames. */
import { matchesDay } from './due-times.ts';
import type { CalendarSchedule, CronDays } from './schedule.ts';

export type CronResult =
  | { readonly ok: true; readonly schedule: CalendarSchedule }
  | { readonly ok: false; readonly message: string };

interface Field {
  readonly values: readonly number[];
  /** Does not begin with `*`: cron looks at the first character only. */
  readonly restricted: boolean;
  readonly last: boolean;
}

interface FieldShape {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const nicknames: ReadonlyMap<string, string> = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
]);
const minuteShape: FieldShape = { name: 'minute', min: 0, max: 59, names: [] };
const hourShape: FieldShape = { name: 'hour', min: 0, max: 23, names: [] };
const dayShape: FieldShape = { name: 'day of month', min: 1, max: 31, names: [] };
const monthShape: FieldShape = { name: 'month', min: 1, max: 12, names: monthNames };
const weekdayShape: FieldShape = { name: 'weekday', min: 0, max: 7, names: weekdayNames };

/** Whether the text looks like cron rather than like words. */
export function looksLikeCron(text: string): boolean {
  return /^@\w+$/.test(text) || /^[\d*][\d*,/-]*(\s+[\w*?,/-]+){3,}$/.test(text);
}

/** Reads an expression such as `0 2 * * *`; `zone` must be a known one. Fields as in crontab(5). */
export function parseCron(expression: string, zone: string, text: string): CronResult {
  const plain = nicknames.get(expression.toLowerCase()) ?? expression;
  const parts = plain.split(/\s+/);
  if (parts.length !== 5) return { ok: false, message: countMessage(expression, parts.length) };
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = parts;
  const fields = [
    parseField(minute, minuteShape),
    parseField(hour, hourShape),
    parseField(day, dayShape),
    parseField(month, monthShape),
    parseField(weekday, weekdayShape),
  ] as const;
  const broken = fields.find((field) => typeof field === 'string');
  if (broken !== undefined) return { ok: false, message: broken };
  const [minutes, hours, days, months, weekdays] = fields;
  // The check above has left no text; this tells the compiler.
  if (!isField(minutes) || !isField(hours) || !isField(days) || !isField(months) || !isField(weekdays)) {
    return { ok: false, message: 'not a cron expression' };
  }
  const rule: CronDays = {
    kind: 'cron',
    months: months.values,
    daysOfMonth: days.values,
    lastDay: days.last,
    weekdays: [...new Set(weekdays.values.map((value) => value % 7))].sort((a, b) => a - b),
    either: days.restricted && weekdays.restricted,
  };
  if (!everDue(rule))
    return { ok: false, message: `cron expression "${expression}" names a date that never comes` };
  const minutesOfDay = hours.values.flatMap((h) => minutes.values.map((m) => h * 60 + m));
  const everyHour = hours.values.length === 24;
  return { ok: true, schedule: { kind: 'calendar', text, zone, days: rule, minutesOfDay, everyHour } };
}

function countMessage(expression: string, count: number): string {
  if (expression.startsWith('@')) return `unknown cron nickname "${expression}"`;
  const seconds = count === 6 ? '; a field for seconds is not supported' : '';
  return `a cron expression has 5 fields (minute hour day month weekday), "${expression}" has ${count}${seconds}`;
}

function isField(field: Field | string): field is Field {
  return typeof field !== 'string';
}

/** Over a leap cycle, so that 29 February counts. */
function everDue(rule: CronDays): boolean {
  const leapCycleDays = 4 * 366;
  for (let day = 0; day < leapCycleDays; day++) if (matchesDay(rule, day)) return true;
  return false;
}

/** Values ascending, or a message. */
function parseField(text: string, shape: FieldShape): Field | string {
  const values = new Set<number>();
  let last = false;
  for (const part of text.split(',')) {
    if (shape === dayShape && /^l$/i.test(part)) {
      last = true;
      continue;
    }
    const range = parseRange(part, shape);
    if (range === undefined) {
      return `cron field ${shape.name} "${text}" is not understood; it takes ${shape.min} to ${shape.max}, *, lists, ranges and steps`;
    }
    for (let value = range.from; value <= range.to; value += range.step) values.add(value);
  }
  return { values: [...values].sort((a, b) => a - b), restricted: !/^[*?]/.test(text), last };
}

function parseRange(
  part: string,
  shape: FieldShape,
): { readonly from: number; readonly to: number; readonly step: number } | undefined {
  const match = /^(?:[*?]|(\w+)(?:-(\w+))?)(?:\/(\d{1,4}))?$/.exec(part);
  if (match === null) return undefined;
  const [, low, high, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  const from = low === undefined ? shape.min : parseValue(low, shape);
  // `5/10` means from 5 to the end, as in Vixie's cron.
  const openEnd = high === undefined && (low === undefined || stepText !== undefined);
  const to = high === undefined ? (openEnd ? shape.max : from) : parseValue(high, shape);
  if (from === undefined || to === undefined || step < 1 || from > to) return undefined;
  return { from, to, step };
}

function parseValue(text: string, shape: FieldShape): number | undefined {
  if (/^\d{1,2}$/.test(text)) {
    const value = Number(text);
    return value >= shape.min && value <= shape.max ? value : undefined;
  }
  const index = shape.names.indexOf(text.toLowerCase());
  if (index === -1) return undefined;
  return shape === monthShape ? index + 1 : index;
}
