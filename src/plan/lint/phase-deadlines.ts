import { formatDuration } from '../duration.ts';
import type { PhasesPlan } from '../resolved-plan.ts';

/** In the order in which they come. */
const timedPhases = ['detect', 'assess', 'initiate', 'restore'] as const;

export type TimedPhase = (typeof timedPhases)[number];

export interface PhaseBudget {
  readonly phase: TimedPhase;
  readonly valueMs: number;
}

export function phaseBudgets(phases: PhasesPlan): readonly PhaseBudget[] {
  return timedPhases.flatMap((phase) => {
    const valueMs = phases[phase];
    return valueMs === undefined ? [] : [{ phase, valueMs }];
  });
}

/** When each phase ends, counted from the disaster. Nothing while the plan does not say what its numbers are. */
export function deadlinesOf(phases: PhasesPlan): readonly PhaseBudget[] | undefined {
  const budgets = phaseBudgets(phases);
  if (phases.count === 'deadlines') return budgets;
  if (phases.count === undefined) return budgets.length < 2 ? budgets : undefined;
  let totalMs = 0;
  return budgets.map(({ phase, valueMs }) => {
    totalMs += valueMs;
    return { phase, valueMs: totalMs };
  });
}

export function isAscending(budgets: readonly PhaseBudget[]): boolean {
  return budgets.every(({ valueMs }, index) => valueMs >= (budgets[index - 1]?.valueMs ?? 0));
}

const minuteMs = 60_000;

/** `1 + 5 + 10 + 15 = 31 min`; with units where not all are whole minutes. */
export function sumOf(budgets: readonly PhaseBudget[]): { readonly totalMs: number; readonly words: string } {
  const totalMs = budgets.reduce((sum, { valueMs }) => sum + valueMs, 0);
  const inMinutes = budgets.every(({ valueMs }) => valueMs % minuteMs === 0) && totalMs < 90 * minuteMs;
  const terms = budgets.map(({ valueMs }) =>
    inMinutes ? String(valueMs / minuteMs) : formatDuration(valueMs),
  );
  const total = inMinutes ? `${totalMs / minuteMs} min` : formatDuration(totalMs);
  return { totalMs, words: `${terms.join(' + ')} = ${total}` };
}
