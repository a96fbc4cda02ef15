import { assess } from './assess.ts';
import { type Assessment, type Status, type SystemObjective, statusOrder, worstStatus } from './objective.ts';
import type { SystemFacts } from './system-facts.ts';

export interface SystemAssessment {
  readonly system: string;
  /** The worst of all. */
  readonly status: Status;
  /** Worst first. */
  readonly assessments: readonly Assessment[];
  /** The first of them; absent when the plan asks nothing of the system. */
  readonly worst?: Assessment;
  /** The highest ratio that was measured: 1 is the limit. */
  readonly ratio?: number;
  /** Why it is at risk although its objectives are met: lower-case, without full stop. */
  readonly concern?: string;
  /** A command line that looks at the concern, or ends it. */
  readonly concernAction?: string;
}

/** One system against all its objectives. A system without objectives is unknown. */
export function assessSystem(
  objectives: readonly SystemObjective[],
  facts: SystemFacts,
  nowMs: number,
  /** What was assessed elsewhere: of single vaults. */
  further: readonly Assessment[] = [],
): SystemAssessment {
  const own = objectives.map((objective) => assess(objective, facts, nowMs));
  const assessments = [...own, ...further].sort(compareWorstFirst);
  const ratios = assessments.flatMap(({ ratio }) => (ratio === undefined ? [] : [ratio]));
  const [worst] = assessments;
  return {
    system: facts.system,
    status: worstStatus(assessments.map(({ status }) => status)),
    assessments,
    ...(worst === undefined ? {} : { worst }),
    ...(ratios.length === 0 ? {} : { ratio: Math.max(...ratios) }),
  };
}

/** For sorting systems or assessments: status first, then ratio, then name. */
export function compareWorstFirst(a: Sortable, b: Sortable): number {
  return (
    statusOrder.indexOf(b.status) - statusOrder.indexOf(a.status) ||
    compareRatio(b.ratio ?? 0, a.ratio ?? 0) ||
    (a.system < b.system ? -1 : a.system > b.system ? 1 : 0)
  );
}

interface Sortable {
  readonly system: string;
  readonly status: Status;
  readonly ratio?: number;
}

/** A difference of two infinities is no number. */
function compareRatio(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** What is met is at risk as long as something is wrong that no objective measures. */
export function withConcern<T extends SystemAssessment>(system: T, concern: string | undefined): T {
  if (concern === undefined) return system;
  return { ...system, concern, status: system.status === 'met' ? 'at-risk' : system.status };
}
