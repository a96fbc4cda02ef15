/** Reads schedules as people write them. What is not understood comes back as a value with a suggestion. */
import { looksLikeCron, parseCron } from './parse-cron.ts';
import { parseHead } from './parse-schedule-head.ts';
import { parseTimesOfDay } from './parse-time-of-day.ts';
import type { DayRule, Schedule, ScheduleError } from './schedule.ts';
import { suggestSchedule } from './suggest-schedule.ts';
import { zoneName } from './zone-clock.ts';

export type ScheduleResult =
  | { readonly ok: true; readonly schedule: Schedule }
  | { readonly ok: false; readonly error: ScheduleError };

const textLengthMax = 200;
const dayMinutes = 1440;

const expectedForms =
  '"daily at 02:00 UTC", "hourly", "every 6h", "weekly on Sunday at 03:00", "monthly on the 1st at 04:00", "daily between 01:00 and 05:00", ' +
  '"on deploy", "continuous" or a cron expression such as "0 2 * * *"';

const expectedZone = 'a zone such as "UTC" or "Europe/Berlin"';

/**
 * `text` such as `daily at 02:00 Europe/Berlin`, `every 15 min`, `weekdays at 22:00`, `on deploy`, `0 2 * * *`.
 * `timeZone` holds where the text names no zone of its own.
 */
export function parseSchedule(text: string, timeZone: string): ScheduleResult {
  const words = text.trim().replace(/\s+/g, ' ');
  if (words.length === 0 || words.length > textLengthMax) {
    return failure(words.length === 0 ? 'the schedule is empty' : 'the schedule is too long', expectedForms);
  }
  const zone = zoneName(timeZone);
  if (zone === undefined) return failure(`unknown time zone "${timeZone}"`, expectedZone);
  return /^cron\b/i.test(words) || looksLikeCron(words)
    ? fromCron(words, zone, text)
    : fromWords(words, zone, text);
}

function fromCron(words: string, planZone: string, text: string): ScheduleResult {
  const expression = words.replace(/^cron\s*:?\s*/i, '').replace(/^(["'])(.*)\1$/, '$2');
  const split = splitZone(expression);
  const result = parseCron(split.rest, split.zone ?? planZone, text);
  if (result.ok) return result;
  return failure(result.message, 'five fields: minute hour day month weekday, such as "0 2 * * *"');
}

function fromWords(words: string, planZone: string, text: string): ScheduleResult {
  const split = splitZone(words);
  if (split.unknownZone !== undefined)
    return failure(`unknown time zone "${split.unknownZone}"`, expectedZone);
  const zone = split.zone ?? planZone;
  const { head, time } = splitTime(split.rest.toLowerCase());
  const parsed = parseHead(head);
  if (parsed === undefined) return notUnderstood(words);
  switch (parsed.kind) {
    case 'refused':
      return { ok: false, error: parsed.error };
    case 'event':
      return time === undefined
        ? { ok: true, schedule: { kind: 'event', text, event: parsed.event } }
        : notUnderstood(words);
    case 'continuous':
      return time === undefined ? { ok: true, schedule: { kind: 'continuous', text } } : notUnderstood(words);
    case 'interval':
      return interval(parsed.stepMinutes, time, zone, text);
    case 'days':
      return calendar(parsed.days, time, zone, text);
  }
}

/** What follows the days: when on each of them. */
type TimeText =
  | { readonly kind: 'at' | 'from'; readonly time: string }
  | { readonly kind: 'between'; readonly start: string; readonly end: string };

function splitTime(words: string): { readonly head: string; readonly time?: TimeText } {
  const window =
    /^(.*\S) between (.+) and (.+)$/.exec(words) ?? /^(.*\S) from (\S.*) (?:to|until|till) (.+)$/.exec(words);
  if (window !== null) {
    const [, head = '', start = '', end = ''] = window;
    return { head, time: { kind: 'between', start, end } };
  }
  const from = /^(.*?\S),? (?:starting at|starting from|starting|beginning at|counted from|from) (.+)$/.exec(
    words,
  );
  if (from !== null) return { head: from[1] ?? '', time: { kind: 'from', time: from[2] ?? '' } };
  const [, head = words, time] = /^(.*?\S) (?:at|@) (.+)$/.exec(words) ?? [];
  return time === undefined ? { head } : { head, time: { kind: 'at', time } };
}

function calendar(days: DayRule, time: TimeText | undefined, zone: string, text: string): ScheduleResult {
  const schedule = { kind: 'calendar', text, zone, days, everyHour: false } as const;
  if (time?.kind === 'between') {
    const start = onlyTime(time.start);
    const end = onlyTime(time.end);
    if (start === undefined || end === undefined) return badTime(start === undefined ? time.start : time.end);
    if (start === end)
      return failure(
        'a window begins and ends at the same time',
        'a window such as "between 01:00 and 05:00"',
      );
    const windowMinutes = (end - start + dayMinutes) % dayMinutes;
    return { ok: true, schedule: { ...schedule, minutesOfDay: [start], windowMinutes } };
  }
  if (time?.kind === 'from') {
    return failure(
      'days are not counted from a time',
      'a time such as "at 02:00", or a window such as "between 01:00 and 05:00"',
    );
  }
  const minutesOfDay = time === undefined ? [0] : parseTimesOfDay(time.time);
  return minutesOfDay === undefined
    ? badTime(time?.time ?? '')
    : { ok: true, schedule: { ...schedule, minutesOfDay } };
}

function interval(
  stepMinutes: number,
  time: TimeText | undefined,
  zone: string,
  text: string,
): ScheduleResult {
  if (time?.kind === 'between') {
    return failure(
      'a window says when one run of a day may begin',
      'an interval without a window, or a cron expression such as "0 8-18 * * *"',
    );
  }
  const offsetMinutes = time === undefined ? 0 : firstMinute(time, stepMinutes);
  if (offsetMinutes === undefined || offsetMinutes >= stepMinutes) {
    const expected = '"hourly at :15" or "every 6h from 02:00"';
    return failure(`minute "${time?.time}" is not understood`, expected, 'hourly at :15');
  }
  return { ok: true, schedule: { kind: 'interval', text, zone, stepMinutes, offsetMinutes } };
}

/** `at :15` is a minute past the hour; `from 08:00` is one of the due times, so the first one comes earlier. */
function firstMinute(
  { kind, time }: Exclude<TimeText, { kind: 'between' }>,
  stepMinutes: number,
): number | undefined {
  const afterMidnight = /^(:\d\d) after midnight$/.exec(time)?.[1];
  const minute = minutePastTheHour(afterMidnight ?? time);
  if (minute !== undefined || kind === 'at') return minute;
  const first = onlyTime(time);
  return first === undefined ? undefined : first % stepMinutes;
}

function minutePastTheHour(text: string): number | undefined {
  const match = /^(?:minute )?:?([0-5]?\d)$/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

function onlyTime(text: string): number | undefined {
  const minutes = parseTimesOfDay(text);
  return minutes?.length === 1 ? minutes[0] : undefined;
}

/** Takes a zone off the end. A word there that can only be meant as a zone and is none is reported. */
function splitZone(words: string): {
  readonly rest: string;
  readonly zone?: string;
  readonly unknownZone?: string;
} {
  const match = /^(.*\S) \(?([^\s()]+)\)?$/.exec(words);
  const [, rest = '', last = ''] = match ?? [];
  const zone = zoneName(last);
  if (zone !== undefined) return { rest, zone };
  const meantAsZone =
    /^[a-z_]+\/[a-z_/]+$/i.test(last) ||
    (/\d$/.test(rest) && /^[A-Z]{2,5}$/.test(last) && !/^[AP]M$/.test(last));
  return meantAsZone ? { rest, unknownZone: last } : { rest: words };
}

function badTime(time: string): ScheduleResult {
  return failure(
    `time "${time}" is not understood`,
    'a time of day such as "02:00", "2:30 pm" or "02:00 and 14:00"',
  );
}

function notUnderstood(words: string): ScheduleResult {
  return failure(`schedule "${words}" is not understood`, expectedForms, suggestSchedule(words));
}

function failure(message: string, expected: string, suggestion?: string): ScheduleResult {
  return { ok: false, error: { message, expected, ...(suggestion === undefined ? {} : { suggestion }) } };
}
