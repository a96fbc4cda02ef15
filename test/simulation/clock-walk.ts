/**
 * When schedules are due, found out a second time: a walk along the clock of a zone that asks nothing but
 * `Intl.DateTimeFormat`. Days without a change of the clock are taken as a whole, the others minute by minute.
 * It shares no code with `src/schedule`. All times are whole minutes since 1970.
 */
import assert from 'node:assert/strict';

/** What a schedule means, said in another way than the program says it. */
export type OracleRule =
  | { readonly kind: 'interval'; readonly step: number; readonly offset: number }
  | {
      readonly kind: 'days';
      names(date: OracleDate): boolean;
      /** Minutes after midnight on the clock of the zone. */
      readonly times: readonly number[];
      /** Follows the clock: a doubled minute counts twice, a missing one not at all. */
      readonly everyHour?: boolean;
      readonly windowMinutes?: number;
    };

export interface OracleDate {
  /** Days since 1970-01-01. */
  readonly number: number;
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  /** 0 Sunday to 6 Saturday. */
  readonly weekday: number;
  readonly lastOfMonth: number;
}

export interface OracleDue {
  readonly due: number;
  /** When a run that has not begun is late. */
  late: number;
}

export const dayMinutes = 1440;

/** Everything that is due on the local days from `firstDay` up to but not including `endDay`, ascending, none twice. */
export function walkDue(
  rule: OracleRule,
  zone: string,
  firstDay: number,
  endDay: number,
): readonly OracleDue[] {
  const found = new Map<number, OracleDue>();
  const add = (due: number, late: number): void => {
    // Of two that fall on the same moment the one of the earlier date came first, and is the run.
    if (!found.has(due)) found.set(due, { due, late });
  };
  const changeDays = changeDaysOf(zone, firstDay, endDay);
  for (let day = firstDay; day < endDay; day++) {
    const change = changeDays.find((each) => day === each - 1);
    if (change === undefined) {
      quietDay(rule, zone, day, add);
      continue;
    }
    walkMinutes(rule, zone, change - 1, change + 2, add);
    day = change + 1;
  }
  return [...found.values()].sort((a, b) => a.due - b.due);
}

type Add = (due: number, late: number) => void;

function quietDay(rule: OracleRule, zone: string, day: number, add: Add): void {
  const midnight = day * dayMinutes - offsetAt(day * dayMinutes, zone);
  if (rule.kind === 'interval') {
    for (let at = rule.offset; at < dayMinutes; at += rule.step) add(midnight + at, midnight + at);
    return;
  }
  if (!rule.names(dateOf(day))) return;
  for (const time of rule.times) {
    const end = day * dayMinutes + time + (rule.windowMinutes ?? 0);
    add(midnight + time, rule.windowMinutes === undefined ? midnight + time : firstShown(end, zone));
  }
}

/** The first minute at which the clock of the zone shows `local` or, where it jumps over it, something later. */
function firstShown(local: number, zone: string): number {
  const earliest = local - dayMinutes - 60;
  if (offsetAt(earliest, zone) === offsetAt(local + dayMinutes + 60, zone))
    return local - offsetAt(local, zone);
  for (let at = earliest; ; at++) if (at + offsetAt(at, zone) >= local) return at;
}

/** From the first moment of one local day to the last of the day before `endDay`, which both are quiet at these ends. */
function walkMinutes(rule: OracleRule, zone: string, firstDay: number, endDay: number, add: Add): void {
  const tick = rule.kind === 'interval' ? intervalTick(rule, add) : daysTick(rule, zone, firstDay, add);
  let at = firstDay * dayMinutes - offsetAt(firstDay * dayMinutes, zone);
  for (let local = firstDay * dayMinutes; local < endDay * dayMinutes; local = at + offsetAt(at, zone)) {
    tick(at, local);
    at++;
  }
}

/** What happens in one minute of the world, at which the clock shows `local`. */
type Tick = (at: number, local: number) => void;

/** Counts real minutes from the first moment of every date. */
function intervalTick({ step, offset }: Extract<OracleRule, { kind: 'interval' }>, add: Add): Tick {
  let today = Number.NEGATIVE_INFINITY;
  let todayBegan = 0;
  return (at, local) => {
    if (Math.floor(local / dayMinutes) > today) {
      today = Math.floor(local / dayMinutes);
      todayBegan = at;
    }
    const since = at - todayBegan - offset;
    if (since >= 0 && since % step === 0) add(at, at);
  };
}

/** Every minute that the clock shows for the first time, or has jumped over. */
function daysTick(rule: DaysRule, zone: string, firstDay: number, add: Add): Tick {
  let shown = firstDay * dayMinutes - 1;
  return (at, local) => {
    if (rule.everyHour === true) {
      if (shows(rule, local)) add(at, at);
      return;
    }
    showAll(rule, zone, shown + 1, local + 1, at, add);
    shown = Math.max(shown, local);
  };
}

type DaysRule = Extract<OracleRule, { kind: 'days' }>;

/** At `at` the clock shows the last of these minutes, and has jumped over the others. */
function showAll(rule: DaysRule, zone: string, from: number, end: number, at: number, add: Add): void {
  for (let local = from; local < end; local++) {
    if (!shows(rule, local)) continue;
    add(
      at,
      rule.windowMinutes === undefined ? at : Math.max(at, firstShown(local + rule.windowMinutes, zone)),
    );
  }
}

function shows(rule: DaysRule, local: number): boolean {
  const day = Math.floor(local / dayMinutes);
  return rule.times.includes(local - day * dayMinutes) && rule.names(dateOf(day));
}

/** The local days on which the clock of the zone is changed. */
function changeDaysOf(zone: string, firstDay: number, endDay: number): readonly number[] {
  const known = stretchesOf(zone);
  const days = known.slice(1).map(({ from, offset }, index) => {
    const before = known[index]?.offset ?? offset;
    return Math.floor((from + Math.min(before, offset)) / dayMinutes);
  });
  for (const [index, day] of days.entries())
    assert.ok(day - (days[index - 1] ?? -9) >= 4, 'changes lie apart');
  return days.filter((day) => day >= firstDay - 2 && day < endDay + 2);
}

interface OffsetStretch {
  /** The first minute that has this offset. */
  readonly from: number;
  /** The zone's distance from UTC in minutes. */
  readonly offset: number;
}

const walkedFromMs = Date.UTC(2010, 0, 1);
const walkedToMs = Date.UTC(2056, 0, 1);
const formats = new Map<string, Intl.DateTimeFormat>();
const stretches = new Map<string, readonly OffsetStretch[]>();

function offsetAt(at: number, zone: string): number {
  const known = stretchesOf(zone);
  let low = 0;
  let high = known.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((known[middle]?.from ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return known[low]?.offset ?? 0;
}

/** Asked once for every day, and to the minute where the answer has changed. */
function stretchesOf(zone: string): readonly OffsetStretch[] {
  const known = stretches.get(zone);
  if (known !== undefined) return known;
  const first = walkedFromMs / 60_000;
  const found: OffsetStretch[] = [{ from: first, offset: askOffset(first, zone) }];
  for (let at = first; at < walkedToMs / 60_000; at += dayMinutes) {
    const offset = askOffset(at + dayMinutes, zone);
    if (offset === found.at(-1)?.offset) continue;
    let low = at;
    let high = at + dayMinutes;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (askOffset(middle, zone) === offset) high = middle;
      else low = middle;
    }
    found.push({ from: high, offset });
  }
  stretches.set(zone, found);
  return found;
}

function askOffset(at: number, zone: string): number {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
  formats.set(zone, format);
  const match = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+)$/.exec(format.format(at * 60_000));
  assert.ok(match !== null, zone);
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute) / 60_000 - at;
}

const dates = new Map<number, OracleDate>();

function dateOf(number: number): OracleDate {
  const known = dates.get(number);
  if (known !== undefined) return known;
  const date = new Date(number * 86_400_000);
  const month = date.getUTCMonth() + 1;
  let last = date;
  for (;;) {
    const next = new Date(last.getTime() + 86_400_000);
    if (next.getUTCMonth() + 1 !== month) break;
    last = next;
  }
  const made = {
    number,
    year: date.getUTCFullYear(),
    month,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    lastOfMonth: last.getUTCDate(),
  };
  dates.set(number, made);
  return made;
}
