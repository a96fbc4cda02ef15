/** The time of a snapshot as it is stored: with the offset of the machine that took it, and to the nanosecond. */

export interface StoredTime {
  /** Nanoseconds since the epoch. */
  readonly atNs: bigint;
  /** Minutes that the clock on the wall was ahead of UTC. */
  readonly offsetMinutes: number;
}

const form = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

const nsPerMs = 1_000_000n;
const msPerMinute = 60_000;

/** Reads RFC 3339; `undefined` when the text is no such time. */
export function readStoredTime(text: string): StoredTime | undefined {
  const parts = form.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', sign, hours, minutes] = parts;
  const offsetMinutes =
    sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const wall = wallMs(Number(year), Number(month) - 1, Number(day));
  const clockMs = (Number(hour) * 3600 + Number(minute) * 60 + Number(second)) * 1000;
  const utcMs = wall + clockMs - offsetMinutes * msPerMinute;
  return { atNs: BigInt(utcMs) * nsPerMs + BigInt(fraction.padEnd(9, '0')), offsetMinutes };
}

/** A moment that is known to the millisecond only, as UTC. */
export function storedTimeAt(atMs: number): StoredTime {
  return { atNs: BigInt(Math.trunc(atMs)) * nsPerMs, offsetMinutes: 0 };
}

/** Two hosts' clocks may differ by this much. */
export const clockSkewToleratedMs = 60_000;

/** Whether it was stored by a clock that is ahead of this one: milliseconds since the epoch. */
export function isInFuture({ atNs }: StoredTime, nowMs: number): boolean {
  return atNs > BigInt(Math.trunc(nowMs + clockSkewToleratedMs)) * nsPerMs;
}

/** What clock and calendar on the wall showed, as if it were UTC: milliseconds. */
export function wallClockMs({ atNs, offsetMinutes }: StoredTime): number {
  return Number(floorDiv(atNs, nsPerMs)) + offsetMinutes * msPerMinute;
}

/** Months from 0; whatever is beyond its range carries over. Years before 100 are those years. */
export function wallMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day);
}

function floorDiv(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}
