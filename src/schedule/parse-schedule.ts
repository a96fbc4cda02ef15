/** Reads schedules as people write them. What is not understood comes back as a value with a suggestion. */
import { looksLikeCron, parseCron } from './parse-cron.ts';
import { parseHead } from './parse-schedule-head.ts';
import { parseTimesOfDay } from './parse-time-of-day.ts';
import type { Schedule, ScheduleError } from './schedule.ts';
import { suggestSchedule } from './suggest-schedule.ts';
import { zoneName } from './zone-clock.ts';

export type ScheduleResult =
  | { readonly ok: true; readonly schedule: Schedule }
  | { readonly ok: false; readonly error: ScheduleError };

const textLengthMax = 200;

const expectedForms =
  '"daily at 02:00 UTC", "hourly", "every 6h", "weekly on Sunday at 03:00", "monthly on the 1st at 04:00", ' +
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
  const [head = '', ...tail] = split.rest.toLowerCase().split(/ (?:at|@) /);
  if (tail.length > 1) return notUnderstood(words);
  const parsed = parseHead(head);
  if (parsed === undefined) return notUnderstood(words);
  switch (parsed.kind) {
    case 'refused':
      return { ok: false, error: parsed.error };
    case 'event':
      return tail.length === 0
        ? { ok: true, schedule: { kind: 'event', text, event: parsed.event } }
        : notUnderstood(words);
    case 'continuous':
      return tail.length === 0 ? { ok: true, schedule: { kind: 'continuous', text } } : notUnderstood(words);
    case 'interval':
      return interval(parsed.stepMinutes, tail[0], zone, text);
    case 'days': {
      const minutesOfDay = tail[0] === undefined ? [0] : parseTimesOfDay(tail[0]);
      if (minutesOfDay === undefined) return badTime(tail[0] ?? '');
      return {
        ok: true,
        schedule: { kind: 'calendar', text, zone, days: parsed.days, minutesOfDay, everyHour: false },
      };
    }
  }
}

function interval(stepMinutes: number, at: string | undefined, zone: string, text: string): ScheduleResult {
  const offsetMinutes = at === undefined ? 0 : minutePastTheHour(at);
  if (offsetMinutes === undefined || offsetMinutes >= stepMinutes) {
    return failure(`minute "${at}" is not understood`, '"hourly at :15"', 'hourly at :15');
  }
  return { ok: true, schedule: { kind: 'interval', text, zone, stepMinutes, offsetMinutes } };
}

function minutePastTheHour(text: string): number | undefined {
  const match = /^(?:minute )?:?([0-5]?\d)$/.exec(text);
  return match === null ? undefined : Number(match[1]);
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
