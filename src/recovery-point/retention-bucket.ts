/** The hour, day, week, month and year that a point belongs to, by the clock on the wall where it was taken. */
import { type StoredTime, wallClockMs, wallMs } from './stored-time.ts';

export type BucketRule = 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly';

/** Densest first. */
export const bucketRules: readonly BucketRule[] = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'];

/** What one bucket of a rule is called. */
export const bucketNouns: Readonly<Record<BucketRule, string>> = {
  hourly: 'hour',
  daily: 'day',
  weekly: 'week',
  monthly: 'month',
  yearly: 'year',
};

/** `2026-11-18 14h`, `2026-11-18`, `2026-W47`, `2026-11`, `2026`: equal for points of one bucket, and for people. */
export function bucketOf(rule: BucketRule, time: StoredTime): string {
  const wall = wallClockMs(time);
  const text = new Date(wall).toISOString();
  const day = text.slice(0, text.indexOf('T'));
  switch (rule) {
    case 'hourly':
      return `${day} ${new Date(wall).getUTCHours().toString().padStart(2, '0')}h`;
    case 'daily':
      return day;
    case 'weekly':
      return isoWeek(wall);
    case 'monthly':
      return day.slice(0, -3);
    case 'yearly':
      return day.slice(0, -6);
    default:
      return rule satisfies never;
  }
}

const dayMs = 86_400_000;

/** A week belongs to the year in which its Thursday lies. */
function isoWeek(wall: number): string {
  const date = new Date(wall);
  const midnight = wallMs(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  const thursday = midnight + (4 - (date.getUTCDay() || 7)) * dayMs;
  const year = new Date(thursday).getUTCFullYear();
  const week = 1 + Math.floor((thursday - wallMs(year, 0, 1)) / (7 * dayMs));
  return `${year}-W${week.toString().padStart(2, '0')}`;
}
