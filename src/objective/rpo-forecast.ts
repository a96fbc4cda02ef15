import type { Objective } from './objective.ts';
import type { SystemFacts } from './system-facts.ts';

export interface RpoForecast {
  /** When the objective is breached if nothing happens. In the past: it is. */
  readonly breachAtMs: number;
  /** Whether the next scheduled run comes before that. Its capture time, not its end, decides. */
  readonly nextRunInTime: boolean;
  readonly nextRunMs?: number;
}

/** `undefined` when there is no point to count from, so that nothing can be forecast. */
export function rpoBreachAt(facts: SystemFacts, objective: Objective): RpoForecast | undefined {
  if (facts.newestChecked === undefined) return undefined;
  const breachAtMs = facts.newestChecked.capturedAtMs + objective.targetMs;
  const { nextRunMs } = facts;
  if (nextRunMs === undefined) return { breachAtMs, nextRunInTime: false };
  return { breachAtMs, nextRunInTime: nextRunMs <= breachAtMs, nextRunMs };
}
