import type { PlanPath } from './plan-path.ts';
import type { ResolvedPlan } from './resolved-plan.ts';

export interface ReadinessAnswer {
  /** `unknown`: only the time or a measurement would tell. */
  readonly state: 'met' | 'not met' | 'unknown';
  /** Why, in words: what is there, or what lacks. */
  readonly reason: string;
  /** Where in the plan it is decided. */
  readonly at: PlanPath;
}

/** How one item is computed. */
export type ReadinessQuestion = (plan: ResolvedPlan, nowMs: number | undefined) => ReadinessAnswer;

export function met(reason: string, at: PlanPath): ReadinessAnswer {
  return { state: 'met', reason, at };
}

export function notMet(reason: string, at: PlanPath): ReadinessAnswer {
  return { state: 'not met', reason, at };
}

export function unknown(reason: string, at: PlanPath): ReadinessAnswer {
  return { state: 'unknown', reason, at };
}

/** The first that lacks decides; when nothing lacks, the item is met. */
export function unless(
  lacking: readonly (readonly [lacks: boolean, reason: string, at: PlanPath])[],
  otherwise: string,
  at: PlanPath,
): ReadinessAnswer {
  const first = lacking.find(([lacks]) => lacks);
  return first === undefined ? met(otherwise, at) : notMet(first[1], first[2]);
}
