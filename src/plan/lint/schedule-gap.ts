import { longestGapMs, longestGapOfAllMs } from '../../schedule/longest-gap.ts';
import type { Schedule, TimedSchedule } from '../../schedule/schedule.ts';
import { canonicalJson } from '../canonical-json.ts';

/** The longest gap of a schedule, worked out once: it walks years, and several rules and many systems ask for it. */
export function scheduleGapMs(schedule: Schedule): number | undefined {
  return remembered([schedule], () => longestGapMs(schedule));
}

/** Of several schedules that are kept together. `undefined` for none. */
export function schedulesGapMs(schedules: readonly TimedSchedule[]): number | undefined {
  return remembered(schedules, () => longestGapOfAllMs(schedules));
}

const gapsMax = 10_000;
const gaps = new Map<string, { readonly gapMs: number | undefined }>();

function remembered(schedules: readonly Schedule[], workOut: () => number | undefined): number | undefined {
  const key = canonicalJson(schedules.map(({ text: _text, ...meaning }) => meaning));
  const known = gaps.get(key);
  if (known !== undefined) return known.gapMs;
  if (gaps.size >= gapsMax) gaps.clear();
  const gapMs = workOut();
  gaps.set(key, { gapMs });
  return gapMs;
}
