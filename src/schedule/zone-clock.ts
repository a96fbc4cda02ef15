/** Wall clocks: the one file that turns dates and times of a zone into instants and back. */
import { Temporal } from 'temporal-polyfill';
import { type CivilDay, civilDate, civilDay } from './civil-day.ts';

export interface WallTime {
  readonly day: CivilDay;
  readonly minuteOfDay: number;
  readonly second: number;
}

/** The zone's usual spelling (`europe/berlin` → `Europe/Berlin`); `undefined` when there is no such zone. */
export function zoneName(text: string): string | undefined {
  if (/^(utc|gmt|z)$/i.test(text)) return 'UTC';
  // Abbreviations such as CET or EST name several zones or one without daylight saving; people mean a city.
  if (!/^[+-]\d\d:\d\d$/.test(text) && !text.includes('/')) return undefined;
  try {
    return new Temporal.ZonedDateTime(0n, text).timeZoneId;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

export function wallTime(atMs: number, zone: string): WallTime {
  const at = zoned(atMs, zone);
  return {
    day: civilDay(at.year, at.month, at.day),
    minuteOfDay: at.hour * 60 + at.minute,
    second: at.second,
  };
}

/**
 * The instants at which the zone's clock shows this minute: none where the clock jumps over it, two where it is
 * set back, else one. Ascending.
 */
export function instantsOf(day: CivilDay, minuteOfDay: number, zone: string): readonly number[] {
  if (zone === 'UTC') return [day * 86_400_000 + minuteOfDay * 60_000];
  const wall = plain(day, minuteOfDay);
  const earlier = wall.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const later = wall.toZonedDateTime(zone, { disambiguation: 'later' });
  if (earlier.epochMilliseconds === later.epochMilliseconds) return [earlier.epochMilliseconds];
  const exists = earlier.toPlainDateTime().equals(wall);
  return exists ? [earlier.epochMilliseconds, later.epochMilliseconds] : [];
}

/** When the clock shows this minute for the first time; where it jumps over it, the moment of the jump. */
export function firstInstantAtOrAfter(day: CivilDay, minuteOfDay: number, zone: string): number {
  const [first] = instantsOf(day, minuteOfDay, zone);
  if (first !== undefined) return first;
  const before = plain(day, minuteOfDay).toZonedDateTime(zone, { disambiguation: 'earlier' });
  const jump = before.getTimeZoneTransition('next');
  return (jump ?? before).epochMilliseconds;
}

/** The first instant of the day, which is not midnight in zones that change their clocks then. */
export function startOfDayMs(day: CivilDay, zone: string): number {
  return firstInstantAtOrAfter(day, 0, zone);
}

/** Moments within `[fromMs, toMs)` at which the zone's offset changes. */
export function clockChanges(zone: string, fromMs: number, toMs: number): readonly number[] {
  const changes: number[] = [];
  let next = zoned(fromMs, zone).getTimeZoneTransition('next');
  while (next !== null && next.epochMilliseconds < toMs) {
    changes.push(next.epochMilliseconds);
    next = next.getTimeZoneTransition('next');
  }
  return changes;
}

/** The zone's distance from UTC at an instant: `+02:00`. */
export function offsetText(atMs: number, zone: string): string {
  return zoned(atMs, zone).offset;
}

function zoned(atMs: number, zone: string): Temporal.ZonedDateTime {
  return new Temporal.ZonedDateTime(BigInt(Math.floor(atMs)) * 1_000_000n, zone);
}

function plain(day: CivilDay, minuteOfDay: number): Temporal.PlainDateTime {
  const { year, month, day: dayOfMonth } = civilDate(day);
  return new Temporal.PlainDateTime(year, month, dayOfMonth, Math.floor(minuteOfDay / 60), minuteOfDay % 60);
}
