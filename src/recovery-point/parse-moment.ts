/** Reads the moment that a person means: `2026-11-20 02:44` in the plan's zone, or with an offset of its own. */
import { civilDate, civilDay, daysInMonth } from '../schedule/civil-day.ts';
import { instantsOf, offsetText, startOfDayMs, wallTime, zoneName } from '../schedule/zone-clock.ts';

export type MomentResult =
  | { readonly ok: true; readonly atMs: number; readonly echo: string }
  | { readonly ok: false; readonly message: string; readonly expected: string };

const expectedForm = 'a date and time such as "2026-11-20 02:44" or "2026-11-20T02:44:00+01:00"';
const zoneChangeNote = 'the clock was changed then; give an offset, such as';

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** False: a date alone. */
  readonly hasTime: boolean;
  readonly hour: number;
  readonly minute: number;
  /** With a fraction. */
  readonly second: number;
  /** Minutes; `undefined` when none is written. */
  readonly offset?: number;
  readonly zone?: string;
}

/**
 * `text` is a date with or without time (a date alone means its first moment), with or without seconds, offset
 * (`Z`, `+01:00`) or zone name. Without either it is read in `timeZone`. The echo shows the moment with zone and
 * offset. Dates that do not exist, and times that the zone's clock leaves out or shows twice, are refused.
 */
export function parseMoment(text: string, timeZone: string): MomentResult {
  const planZone = zoneName(timeZone);
  if (planZone === undefined) return refused(`unknown time zone "${timeZone}"`);
  const parts = readParts(text.trim());
  if (parts === undefined) return refused(`"${text}" is not a moment`);
  const impossible = impossibility(parts);
  if (impossible !== undefined) return refused(impossible);
  const zone = parts.zone === undefined ? planZone : zoneName(parts.zone);
  if (zone === undefined) return refused(`unknown time zone "${parts.zone}"`);
  return parts.offset === undefined ? inZone(parts, zone) : accepted(atOffset(parts, parts.offset), zone);
}

/** A moment for people: `2026-11-20 02:44:00 +01:00 (Europe/Berlin)`. */
export function describeMoment(atMs: number, zone: string): string {
  const { day, minuteOfDay, second } = wallTime(atMs, zone);
  const { year, month, day: dayOfMonth } = civilDate(day);
  const date = `${String(year).padStart(4, '0')}-${pad(month)}-${pad(dayOfMonth)}`;
  const time = `${pad(Math.floor(minuteOfDay / 60))}:${pad(minuteOfDay % 60)}:${pad(second)}`;
  const place = /^[+-]/.test(zone) ? '' : ` (${zone})`;
  return `${date} ${time} ${offsetText(atMs, zone)}${place}`;
}

function readParts(text: string): Parts | undefined {
  const pattern =
    /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}(?:\.\d{1,9})?))?)?(?: ?(Z|[+-]\d{2}:?[0-5]\d)| ([A-Za-z][\w/+-]*))?$/;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, offset, zone] = match;
  return {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hasTime: hour !== undefined,
    hour: Number(hour ?? '0'),
    minute: Number(minute ?? '0'),
    second: Number(second ?? '0'),
    ...(offset === undefined ? {} : { offset: offsetMinutes(offset) }),
    ...(zone === undefined ? {} : { zone }),
  };
}

function offsetMinutes(text: string): number {
  if (text === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return text.startsWith('-') ? -minutes : minutes;
}

function impossibility(parts: Parts): string | undefined {
  const { year, month, day, hour, minute, second } = parts;
  const date = `${String(year).padStart(4, '0')}-${pad(month)}-${pad(day)}`;
  if (year < 1970) return `year ${year} is before anything could be saved`;
  if (month < 1 || month > 12) return `there is no month ${month}`;
  if (day < 1 || day > daysInMonth(year, month)) return `there is no ${date}`;
  if (hour > 23 || minute > 59 || second >= 60)
    return `there is no time ${pad(hour)}:${pad(minute)}:${pad(second)}`;
  if (Math.abs(parts.offset ?? 0) > 14 * 60) return 'an offset is at most 14 hours';
  return undefined;
}

function inZone(parts: Parts, zone: string): MomentResult {
  const day = civilDay(parts.year, parts.month, parts.day);
  if (!parts.hasTime) return accepted(startOfDayMs(day, zone), zone);
  const instants = instantsOf(day, parts.hour * 60 + parts.minute, zone);
  const [first, second] = instants;
  if (first === undefined) return refused(`${zone} has no such time on that day: the clock jumps over it`);
  if (second !== undefined) {
    const offsets = instants.map((atMs) => offsetText(atMs, zone)).join(' or ');
    return refused(`${zone} has this time twice: ${zoneChangeNote} ${offsets}`);
  }
  return accepted(first + secondsMs(parts), zone);
}

function atOffset(parts: Parts, offset: number): number {
  const wallMs = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute);
  return wallMs + secondsMs(parts) - offset * 60_000;
}

/** A fraction finer than a millisecond is rounded up: what was captured within the named instant still counts. */
function secondsMs(parts: Parts): number {
  return Math.ceil(Number((parts.second * 1000).toFixed(6)));
}

function accepted(atMs: number, zone: string): MomentResult {
  return { ok: true, atMs, echo: describeMoment(atMs, zone) };
}

function refused(message: string): MomentResult {
  return { ok: false, message, expected: expectedForm };
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
