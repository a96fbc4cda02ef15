import type { ResolvedPlan, RunbookPlan, StepPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { expandedSteps, type PlacedStep, runbookEntries } from './runbook-steps.ts';
import { systemPlace } from './system-place.ts';

export const restoreOrder: LintRule = {
  id: 'restore-order',
  severity: 'warning',
  title: 'a system is brought back before one that it depends on',
  explanation:
    'The plan says that the one system cannot work without the other, and the runbook brings them back the other way round. ' +
    'The first then starts against nothing, and has to be done again.',
  fix: 'Put the steps into the order of depends_on, or correct depends_on.',
  check: (plan) => runbookEntries(plan).flatMap(([name]) => orderHits(plan, name)),
};

/** Acts that bring a system back: its data, or itself. */
const restoring: readonly StepPlan['do'][] = ['restore'];
const starting: readonly StepPlan['do'][] = ['start', 'restart', 'deploy'];

function orderHits(plan: ResolvedPlan, runbook: string): readonly LintHit[] {
  const steps = expandedSteps(plan, runbook);
  return [...outOfOrder(plan, steps, runbook, restoring), ...outOfOrder(plan, steps, runbook, starting)];
}

function outOfOrder(
  plan: ResolvedPlan,
  steps: readonly PlacedStep[],
  runbook: string,
  acts: readonly StepPlan['do'][],
): readonly LintHit[] {
  const first = firstSteps(steps, acts);
  return [...first].flatMap(([name, index]) => {
    const placed = steps[index];
    if (placed === undefined || placed.runbook !== runbook) return [];
    const needed = systemNamed(plan, name)?.dependsOn ?? [];
    const later = needed.find((other) => (first.get(other) ?? -1) > index);
    const after = steps[first.get(later ?? '') ?? -1];
    if (later === undefined || after === undefined) return [];
    const message = `${name} comes back (step ${index + 1}) before ${later} (step ${(first.get(later) ?? 0) + 1}), on which it depends`;
    const relatedAt = { at: systemPlace(name, 'depends_on'), message: 'the dependency stands here' };
    return [{ at: placed.at, message, suggestion: `bring ${later} back first`, relatedAt }];
  });
}

/** By system: the first step that brings it back by its name. */
function firstSteps(
  steps: readonly PlacedStep[],
  acts: readonly StepPlan['do'][],
): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  steps.forEach(({ step, systems }, index) => {
    if (!acts.includes(step.do)) return;
    for (const name of systems) if (!first.has(name)) first.set(name, index);
  });
  return first;
}

const byName = new WeakMap<ResolvedPlan, ReadonlyMap<string, ResolvedPlan['systems'][number]>>();

function systemNamed(plan: ResolvedPlan, name: string): ResolvedPlan['systems'][number] | undefined {
  const known = byName.get(plan) ?? new Map(plan.systems.map((system) => [system.name, system]));
  byName.set(plan, known);
  return known.get(name);
}

export const stopWithoutStart: LintRule = {
  id: 'stop-without-start',
  severity: 'warning',
  title: 'a system is stopped and never started again',
  explanation:
    'The runbook stops a system and ends without starting it. What people wait for is then restored and still down.',
  fix: 'Start it again (start, restart or deploy) when the data is back and checked.',
  check: (plan) => runbookEntries(plan).flatMap(([name]) => stopHits(plan, name)),
};

/** After these the service runs elsewhere, and the old one stays down on purpose. */
const moving: readonly StepPlan['do'][] = ['fail-over', 'promote', 'update-dns', 'provision'];

function stopHits(plan: ResolvedPlan, runbook: string): readonly LintHit[] {
  const steps = expandedSteps(plan, runbook);
  if (isRunByOthers(plan, runbook)) return [];
  return steps.flatMap(({ step, at, runbook: of }, index) => {
    if (step.do !== 'stop' || of !== runbook) return [];
    const later = steps.slice(index + 1);
    if (later.some((each) => moving.includes(each.step.do))) return [];
    const left = step.systems.filter((name) => !later.some((each) => startsAgain(each, name)));
    if (left.length === 0) return [];
    const message = `${left.slice(0, 5).join(', ')} ${left.length === 1 ? 'is' : 'are'} stopped, and no later step starts ${left.length === 1 ? 'it' : 'them'} again`;
    return [{ at, message, suggestion: `add "do: start" with "systems: [${left.slice(0, 5).join(', ')}]"` }];
  });
}

function startsAgain({ step, systems }: PlacedStep, name: string): boolean {
  const starts = step.do === 'start' || step.do === 'restart' || step.do === 'deploy';
  return (
    (starts && (systems.length === 0 || systems.includes(name))) ||
    step.do === 'manual' ||
    step.do === 'command'
  );
}

const calledRunbooks = new WeakMap<ResolvedPlan, ReadonlySet<string>>();

/** The runbook around it may start what this one stops. */
function isRunByOthers(plan: ResolvedPlan, runbook: string): boolean {
  const called =
    calledRunbooks.get(plan) ?? new Set(runbookEntries(plan).flatMap(([, book]) => callsOf(book)));
  calledRunbooks.set(plan, called);
  return called.has(runbook);
}

function callsOf({ steps, afterwards = [], verification = [] }: RunbookPlan): readonly string[] {
  return [...steps, ...verification, ...afterwards].flatMap((step) =>
    step.do === 'run-runbook' ? [step.runbook] : [],
  );
}
