import { runbookCalledBy } from '../graph/steps-of-runbook.ts';
import type { PlanPath } from '../plan-path.ts';
import type { Plan } from '../plan-schema.ts';
import type { ResolvedPlan, RunbookPlan, ScenarioPlan, StepPlan } from '../resolved-plan.ts';
import { type PlanCommand, planCommands } from './plan-commands.ts';

/** A step of a runbook in the order in which it is done. */
export interface PlacedStep {
  readonly step: StepPlan;
  readonly at: PlanPath;
  readonly runbook: string;
  readonly section: Section;
  /** Systems that it is about: its own, else those of its runbook; empty for all of the plan. */
  readonly systems: readonly string[];
}

export type Section = 'steps' | 'verification' | 'afterwards' | 'rollback';

/** Sections that are done when all goes well, in this order. */
const forwardSections = ['steps', 'verification', 'afterwards'] as const;

const stepsMax = 2_000;
const depthMax = 8;

/** The steps of a runbook as they stand in it. */
export function ownSteps(runbook: string, book: RunbookPlan): readonly PlacedStep[] {
  return forwardSections.flatMap((section) => sectionSteps(runbook, book, section));
}

export function sectionSteps(runbook: string, book: RunbookPlan, section: Section): readonly PlacedStep[] {
  return (book[section] ?? []).map((step, index) => ({
    step,
    at: ['runbooks', runbook, section, index],
    runbook,
    section,
    systems: systemsOf(step) ?? book.systems ?? [],
  }));
}

function systemsOf(step: StepPlan): readonly string[] | undefined {
  return 'systems' in step ? step.systems : undefined;
}

const expansions = new WeakMap<ResolvedPlan, Map<string, readonly PlacedStep[]>>();

/** The steps of a runbook with those of the runbooks and failovers that it runs in their places; a circle is cut. */
export function expandedSteps(plan: ResolvedPlan, runbook: string): readonly PlacedStep[] {
  const known = expansions.get(plan) ?? new Map<string, readonly PlacedStep[]>();
  expansions.set(plan, known);
  const before = known.get(runbook);
  if (before !== undefined) return before;
  const steps: PlacedStep[] = [];
  expandInto(steps, plan, runbook, []);
  known.set(runbook, steps);
  return steps;
}

function expandInto(
  steps: PlacedStep[],
  plan: ResolvedPlan,
  runbook: string,
  trail: readonly string[],
): void {
  const book = Object.hasOwn(plan.runbooks, runbook) ? plan.runbooks[runbook] : undefined;
  if (book === undefined || trail.includes(runbook) || trail.length >= depthMax) return;
  for (const placed of ownSteps(runbook, book)) {
    if (steps.length >= stepsMax) return;
    steps.push(placed);
    const called = runbookCalledBy(plan, placed.step);
    if (called !== undefined) expandInto(steps, plan, called, [...trail, runbook]);
  }
}

/** All that is done in a disaster: its runbooks one after the other. */
export function scenarioSteps(plan: ResolvedPlan, scenario: ScenarioPlan): readonly PlacedStep[] {
  return (scenario.runbooks ?? []).flatMap((runbook) => expandedSteps(plan, runbook));
}

export function runbookEntries(plan: ResolvedPlan): readonly (readonly [string, RunbookPlan])[] {
  return Object.entries(plan.runbooks);
}

export function scenarioEntries(plan: ResolvedPlan): readonly (readonly [string, ScenarioPlan])[] {
  return Object.entries(plan.scenarios);
}

const byPlace = new WeakMap<Plan, ReadonlyMap<string, PlanCommand>>();

/** The command of a step (its field `run`), read. */
export function commandOfStep(written: Plan, { at }: PlacedStep): PlanCommand | undefined {
  const known =
    byPlace.get(written) ??
    new Map(planCommands(written).map((command) => [JSON.stringify(command.at), command]));
  byPlace.set(written, known);
  return known.get(JSON.stringify([...at, 'run']));
}

/** Whether two steps are about a system in common; none named means all. */
export function sharesSystem(left: PlacedStep, right: PlacedStep): boolean {
  if (left.systems.length === 0 || right.systems.length === 0) return true;
  return left.systems.some((name) => right.systems.includes(name));
}

/** `restore of orders-db ("Restore the orders")`, for messages. */
export function stepWords({ step, systems }: PlacedStep): string {
  const named = systems.slice(0, 3).join(', ');
  const more = systems.length > 3 ? ` and ${systems.length - 3} more` : '';
  const title = step.title === undefined ? '' : ` ("${step.title.slice(0, 60)}")`;
  return `${step.do}${named === '' ? '' : ` of ${named}${more}`}${title}`;
}
