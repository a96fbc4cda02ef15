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

const meanings = new WeakMap<Schedule, string>();

/** What a schedule means, as text; systems with the same words share one schedule. */
function meaningOf(schedule: Schedule): string {
  const known = meanings.get(schedule);
  if (known !== undefined) return known;
  const { text: _text, ...meaning } = schedule;
  const text = canonicalJson(meaning);
  meanings.set(schedule, text);
  return text;
}

const gapsMax = 10_000;
const gaps = new Map<string, { readonly gapMs: number | undefined }>();

function remembered(schedules: readonly Schedule[], workOut: () => number | undefined): number | undefined {
  const key = schedules.map(meaningOf).join('\n');
  const known = gaps.get(key);
  if (known !== undefined) return known.gapMs;
  if (gaps.size >= gapsMax) gaps.clear();
  const gapMs = workOut();
  gaps.set(key, { gapMs });
  return gapMs;
}
