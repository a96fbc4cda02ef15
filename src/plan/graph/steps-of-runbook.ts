import type { ResolvedPlan, StepPlan } from '../resolved-plan.ts';

export interface RunbookSteps {
  /** Of the runbook, with those of runbooks and failovers that it calls in their place. */
  readonly steps: readonly StepPlan[];
  /** The runbook and all that it calls. */
  readonly runbooks: ReadonlySet<string>;
}

/** What a runbook really does: what it calls stands where it is called, once; runbooks that call each other end. */
export function stepsOfRunbook(plan: ResolvedPlan, runbook: string): RunbookSteps {
  const runbooks = new Set<string>();
  const steps: StepPlan[] = [];
  const pending: (StepPlan | string)[] = [runbook];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== 'string') {
      steps.push(next);
      const called = runbookCalledBy(plan, next);
      if (called !== undefined) pending.push(called);
    } else if (!runbooks.has(next) && Object.hasOwn(plan.runbooks, next)) {
      runbooks.add(next);
      pending.push(...(plan.runbooks[next]?.steps ?? []).toReversed());
    }
  }
  return { steps, runbooks };
}

/** The runbook that a step does as a whole: one that it names, or that of its failover. */
export function runbookCalledBy(plan: ResolvedPlan, step: StepPlan): string | undefined {
  if (step.do === 'run-runbook') return step.runbook;
  if (step.do !== 'fail-over' || !Object.hasOwn(plan.failovers, step.failover)) return undefined;
  return plan.failovers[step.failover]?.runbook;
}
