/** What the runbooks of a disaster do with one system. */

import { stepsOfRunbook } from '../graph/steps-of-runbook.ts';
import { factOf } from '../lint/plan-facts.ts';
import type { ResolvedPlan, ResolvedSystem, StepPlan } from '../resolved-plan.ts';
import type { Disaster } from './disaster.ts';

export interface RunbookChoice {
  /** The vault that the restore names. */
  readonly from?: string;
  /** False when a procedure is written down and leaves the log out. */
  readonly appliesLogs: boolean;
}

/** Runbooks that answer the scenario, in their order; that of its failover comes first unless it is among them. */
export function mainRunbooks({ plan, scenario, failover }: Disaster): readonly string[] {
  const named = scenario.runbooks ?? [];
  const called = new Set(named.flatMap((name) => [...stepsOfRunbook(plan, name).runbooks]));
  const { runbook } = failover ?? {};
  const first = runbook === undefined || called.has(runbook) ? [] : [runbook];
  return [...first, ...named].filter((name) => factOf(plan.runbooks, name) !== undefined);
}

/** A runbook that names no systems is about those that it is used for. */
export function isAbout(plan: ResolvedPlan, step: StepPlan, runbook: string, system: string): boolean {
  if (step.do === 'fail-over')
    return factOf(plan.failovers, step.failover)?.systems?.includes(system) ?? true;
  const own = 'systems' in step ? step.systems : undefined;
  return (own ?? factOf(plan.runbooks, runbook)?.systems)?.includes(system) ?? true;
}

export function runbookChoice(disaster: Disaster, system: ResolvedSystem): RunbookChoice {
  const { plan } = disaster;
  const main = mainRunbooks(disaster);
  const ofMain = choiceIn(plan, main, system.name);
  if (ofMain !== undefined) return ofMain;
  const own = system.runbook === undefined ? undefined : choiceIn(plan, [system.runbook], system.name);
  return own ?? { appliesLogs: true };
}

/** Nothing when none of them restores the system. */
function choiceIn(plan: ResolvedPlan, names: readonly string[], system: string): RunbookChoice | undefined {
  const runbooks = names.flatMap((each) => [...stepsOfRunbook(plan, each).runbooks]);
  const steps = runbooks.flatMap((name) =>
    (factOf(plan.runbooks, name)?.steps ?? []).filter((step) => isAbout(plan, step, name, system)),
  );
  const restores = steps.filter((step) => step.do === 'restore');
  if (restores.length === 0) return undefined;
  const from = restores.find((step) => step.from !== undefined)?.from;
  const appliesLogs = steps.some((step) => step.do === 'apply-logs');
  return { appliesLogs, ...(from === undefined ? {} : { from }) };
}
