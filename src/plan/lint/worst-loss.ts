import { describeSchedule } from '../../schedule/describe-schedule.ts';
import { formatDuration } from '../duration.ts';
import type { ResolvedSystem } from '../resolved-plan.ts';
import { factOf, type PlanFacts } from './plan-facts.ts';
import { scheduleGapMs } from './schedule-gap.ts';

/** The most that can be lost when every run happens on time, with the arithmetic in words. */
export interface WorstLoss {
  readonly gapMs: number;
  readonly captureMs: number;
  readonly totalMs: number;
  /** `hourly (60 min) + 12 min measured capture = 1 h 12 min`. */
  readonly arithmetic: string;
}

/**
 * Just before a run ends, the newest complete point is as old as the gap between two runs and the time that a
 * capture takes. Of several schedules the densest counts. Nothing when no schedule promises a time.
 */
export function worstLoss(system: ResolvedSystem, facts: PlanFacts): WorstLoss | undefined {
  const gaps = system.schedules.flatMap((schedule) => {
    // Continuous logs are not kept by this version, so nothing may rest on them.
    const gapMs = schedule.kind === 'continuous' ? undefined : scheduleGapMs(schedule);
    return gapMs === undefined ? [] : [{ gapMs, words: describeSchedule(schedule) }];
  });
  const densest = gaps.toSorted((left, right) => left.gapMs - right.gapMs)[0];
  if (densest === undefined) return undefined;
  const measuredMs = factOf(facts.captureDurationsMs, system.name);
  const captureMs = measuredMs ?? 0;
  const totalMs = densest.gapMs + captureMs;
  const capture =
    measuredMs === undefined
      ? 'a capture time that is not measured yet'
      : `${formatDuration(captureMs)} measured capture`;
  const arithmetic = `${densest.words}: at most ${formatDuration(densest.gapMs)} between runs + ${capture} = ${formatDuration(totalMs)}`;
  return { gapMs: densest.gapMs, captureMs, totalMs, arithmetic };
}
