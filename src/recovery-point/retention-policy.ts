/**
 * Which points are to be kept, as restic understands it: each rule adds. A policy without any rule keeps everything.
 */
import type { BucketRule } from './retention-bucket.ts';

export interface RetentionPolicy {
  /** How many are kept of each kind; `unlimited` keeps one of every hour, day and so on. */
  readonly counts: Readonly<Partial<Record<CountRule, number>>>;
  /** Everything that is younger than the newest point by less. */
  readonly within?: CalendarSpan;
  /**
   * In an archive that points of this age move to: `within` counts back from the newest point that had to move, not
   * from one that came there sooner. Milliseconds.
   */
  readonly movedAfterMs?: number;
  /** One of each hour, day and so on among those that are younger by less. */
  readonly withinEach?: Readonly<Partial<Record<BucketRule, CalendarSpan>>>;
  /** Points that have all the tags of one of these lists. */
  readonly tags?: readonly (readonly string[])[];
  /** Nothing older than this is kept, whatever the other rules say. */
  readonly atMostMs?: number;
}

export type CountRule = 'last' | BucketRule;

export const unlimited = -1;

/** Years and months are those of the calendar; a day has 24 hours. */
export interface CalendarSpan {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly ms: number;
}

export function spanOfMs(ms: number): CalendarSpan {
  return { years: 0, months: 0, days: 0, ms };
}

const hourMs = 3_600_000;

/** restic's form, `1y5m7d2h` in any order; `undefined` for anything else and for nothing at all. */
export function parseSpan(text: string): CalendarSpan | undefined {
  if (!/^(?:\d{1,6}[ymdh])+$/.test(text)) return undefined;
  const sums = { y: 0, m: 0, d: 0, h: 0 };
  for (const [, figure, unit] of text.matchAll(/(\d+)([ymdh])/g)) {
    if (unit === 'y' || unit === 'm' || unit === 'd' || unit === 'h') sums[unit] += Number(figure);
  }
  const span = { years: sums.y, months: sums.m, days: sums.d, ms: sums.h * hourMs };
  return isZeroSpan(span) ? undefined : span;
}

/** `1y5m7d2h`, or minutes and less where it has some. */
export function spanText({ years, months, days, ms }: CalendarSpan): string {
  const hours = Math.floor(ms / hourMs);
  const minutes = Math.round((ms % hourMs) / 60_000);
  const ownDays = days + (hours % 24 === 0 && minutes === 0 ? hours / 24 : 0);
  const ownHours = ownDays === days ? hours : 0;
  const parts: readonly (readonly [number, string])[] = [
    [years, 'y'],
    [months, 'm'],
    [ownDays, 'd'],
    [ownHours, 'h'],
    [minutes, 'min'],
  ];
  return parts
    .filter(([figure]) => figure !== 0)
    .map(([figure, unit]) => `${figure}${unit}`)
    .join('');
}

export function isZeroSpan({ years, months, days, ms }: CalendarSpan): boolean {
  return years === 0 && months === 0 && days === 0 && ms === 0;
}

/** Whether it has no rule that keeps anything, which is restic's way to say that everything is kept. */
export function isEmptyPolicy({ counts, within, withinEach = {}, tags = [] }: RetentionPolicy): boolean {
  const spans = [within, ...Object.values(withinEach)].filter((span) => span !== undefined);
  return (
    tags.length === 0 &&
    Object.values(counts).every((count) => count === 0) &&
    spans.every((span) => isZeroSpan(span))
  );
}
