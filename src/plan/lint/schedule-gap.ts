import { longestGapMs } from '../../schedule/longest-gap.ts';
import type { Schedule } from '../../schedule/schedule.ts';

/** The longest gap of a schedule, worked out once: it walks years, and several rules and many systems ask for it. */
export function scheduleGapMs(schedule: Schedule): number | undefined {
  const known = gaps.get(schedule);
  if (known !== undefined) return known.gapMs;
  const gapMs = longestGapMs(schedule);
  gaps.set(schedule, { gapMs });
  return gapMs;
}

const gaps = new WeakMap<Schedule, { readonly gapMs: number | undefined }>();
