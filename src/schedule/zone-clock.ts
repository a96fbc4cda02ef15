/** Wall clocks: the one file that turns dates and times of a zone into instants and back. */
import { Temporal } from 'temporal-polyfill';
import { assert } from '../error/assert.ts';
import { type CivilDay, dayMs } from './civil-day.ts';

const minuteMs = 60_000;

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
  const wholeMs = Math.floor(atMs);
  const localMs = wholeMs + offsetAt(wholeMs, zone);
  const day = Math.floor(localMs / dayMs);
  const withinMs = localMs - day * dayMs;
  return {
    day,
    minuteOfDay: Math.floor(withinMs / minuteMs),
    second: Math.floor((withinMs % minuteMs) / 1000),
  };
}

/**
 * The instants at which the zone's clock shows this minute: none where the clock jumps over it, two where it is
 * set back, else one. Ascending.
 */
export function instantsOf(day: CivilDay, minuteOfDay: number, zone: string): readonly number[] {
  const localMs = day * dayMs + minuteOfDay * minuteMs;
  const instants: number[] = [];
  for (const { fromMs, untilMs, offsetMs } of offsetsAround(localMs, zone)) {
    const atMs = localMs - offsetMs;
    if (atMs >= fromMs && atMs < untilMs) instants.push(atMs);
  }
  return instants;
}

/** When the clock shows this minute for the first time; where it jumps over it, the moment of the jump. */
export function firstInstantAtOrAfter(day: CivilDay, minuteOfDay: number, zone: string): number {
  const localMs = day * dayMs + minuteOfDay * minuteMs;
  // The first stretch in which the clock comes as far as this: it shows the minute, or begins beyond it.
  const stretch = offsetsAround(localMs, zone).find(({ untilMs, offsetMs }) => localMs < untilMs + offsetMs);
  assert(stretch !== undefined, 'the last stretch goes beyond the year');
  return Math.max(localMs - stretch.offsetMs, stretch.fromMs);
}

/** The first instant of the day, which is not midnight in zones that change their clocks then. */
export function startOfDayMs(day: CivilDay, zone: string): number {
  return firstInstantAtOrAfter(day, 0, zone);
}

/** Moments within `[fromMs, toMs)` at which the zone's offset changes. Ascending. */
export function clockChanges(zone: string, fromMs: number, toMs: number): readonly number[] {
  const changes: number[] = [];
  const lastYear = new Date(toMs).getUTCFullYear();
  for (let year = new Date(fromMs).getUTCFullYear(); year <= lastYear; year++) {
    const startMs = Date.UTC(year, 0, 1);
    const endMs = Date.UTC(year + 1, 0, 1);
    for (const { fromMs: atMs } of offsetsAround(startMs, zone)) {
      if (atMs >= Math.max(startMs, fromMs) && atMs < Math.min(endMs, toMs)) changes.push(atMs);
    }
  }
  return changes;
}

/** The zone's distance from UTC at an instant: `+02:00`. */
export function offsetText(atMs: number, zone: string): string {
  return zoned(atMs, zone).offset;
}

function offsetAt(atMs: number, zone: string): number {
  const stretch = offsetsAround(atMs, zone).find(({ untilMs }) => atMs < untilMs);
  assert(stretch !== undefined, 'the last stretch goes beyond the year');
  return stretch.offsetMs;
}

/** A stretch of time with one offset; `untilMs` is not part of it. */
interface OffsetStretch {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly offsetMs: number;
}

/** Offsets are within a day of UTC, so a year with this much on both sides answers for its instants and its dates. */
const yearMarginMs = 2 * dayMs;

/** Years of all zones that are remembered; asking the zone takes a hundred times longer than looking here. */
const yearsKeptMax = 20_000;

const years = new Map<string, Map<number, readonly OffsetStretch[]>>();
let yearsKept = 0;

function offsetsAround(ms: number, zone: string): readonly OffsetStretch[] {
  const year = new Date(ms).getUTCFullYear();
  const known = years.get(zone)?.get(year);
  if (known !== undefined) return known;
  if (yearsKept >= yearsKeptMax) {
    years.clear();
    yearsKept = 0;
  }
  const stretches = offsetsOfYear(year, zone);
  const ofZone = years.get(zone) ?? new Map<number, readonly OffsetStretch[]>();
  years.set(zone, ofZone.set(year, stretches));
  yearsKept += 1;
  return stretches;
}

function offsetsOfYear(year: number, zone: string): readonly OffsetStretch[] {
  const startMs = Date.UTC(year, 0, 1) - yearMarginMs;
  const endMs = Date.UTC(year + 1, 0, 1) + yearMarginMs;
  const bounds = [startMs, ...transitions(zone, startMs, endMs), endMs];
  return bounds.slice(0, -1).map((fromMs, index) => ({
    fromMs,
    untilMs: bounds[index + 1] ?? endMs,
    offsetMs: zoned(fromMs, zone).offsetNanoseconds / 1_000_000,
  }));
}

/** After `startMs` and before `endMs`. */
function transitions(zone: string, startMs: number, endMs: number): readonly number[] {
  const found: number[] = [];
  let next = zoned(startMs, zone).getTimeZoneTransition('next');
  while (next !== null && next.epochMilliseconds < endMs) {
    found.push(next.epochMilliseconds);
    next = next.getTimeZoneTransition('next');
  }
  return found;
}

function zoned(atMs: number, zone: string): Temporal.ZonedDateTime {
  return new Temporal.ZonedDateTime(BigInt(Math.floor(atMs)) * 1_000_000n, zone);
}
