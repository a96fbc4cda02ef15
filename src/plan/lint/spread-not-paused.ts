import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan, ResolvedSystem, ScenarioPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import {
  expandedSteps,
  ownSteps,
  type PlacedStep,
  runbookEntries,
  scenarioEntries,
  scenarioSteps,
  stepWords,
} from './runbook-steps.ts';
import { systemPlace } from './system-place.ts';

export const spreadNotPaused: LintRule = {
  id: 'spread-not-paused',
  number: 'T18',
  severity: 'warning',
  title: 'damage goes on spreading while people repair it',
  explanation:
    'A copy that follows all the time follows damage as well, and takes what is restored for a change like any other. ' +
    'As long as nothing stops it, it spoils the second copy or undoes the repair.',
  fix: 'Begin the runbook with a pause of replication, sync, schedules and retention, say how each is paused, and resume them at the end.',
  check: (plan) => [
    ...scenarioEntries(plan).flatMap(([name, scenario]) => scenarioHits(plan, name, scenario)),
    ...forAnyDisaster(plan),
    ...runbookEntries(plan).flatMap(([name, book]) => {
      const steps = ownSteps(name, book);
      return [...unresumed(plan, steps), ...steps.flatMap((step) => emptyPause(plan, step))];
    }),
    ...withoutCommand(plan),
  ],
};

const spreadingKinds: readonly ScenarioPlan['kind'][] = ['data-corruption', 'ransomware'];

/** Something that copies all the time, and by which word a step stops it. */
interface Spread {
  readonly what: 'replication' | 'sync';
  readonly system: string;
  readonly at: PlanPath;
  readonly words: string;
}

const known = new WeakMap<ResolvedSystem, readonly Spread[]>();

function spreadsOf(system: ResolvedSystem): readonly Spread[] {
  const before = known.get(system);
  if (before !== undefined) return before;
  const spreads = findSpreads(system);
  known.set(system, spreads);
  return spreads;
}

function findSpreads({ name, replication, backups }: ResolvedSystem): readonly Spread[] {
  const replicas = replication.map((copy, index): Spread => {
    const words = `the replication of ${name} to ${copy.to}`;
    return { what: 'replication', system: name, at: systemPlace(name, 'replication', index), words };
  });
  const syncs = backups
    .filter(({ kind, schedules }) => kind === 'sync' && schedules.some((each) => each.kind === 'continuous'))
    .map((line): Spread => {
      const words = `the continuous sync of ${name}`;
      return { what: 'sync', system: name, at: line.path, words };
    });
  return [...replicas, ...syncs];
}

function struckSystems(plan: ResolvedPlan, scenario: ScenarioPlan): readonly ResolvedSystem[] {
  return systemsNamed(plan, scenario.strikes?.systems);
}

const byName = new WeakMap<ResolvedPlan, ReadonlyMap<string, ResolvedSystem>>();

/** In the order of the names; all when none are named. */
function systemsNamed(plan: ResolvedPlan, names: readonly string[] | undefined): readonly ResolvedSystem[] {
  if (names === undefined) return plan.systems;
  const systems = byName.get(plan) ?? new Map(plan.systems.map((system) => [system.name, system]));
  byName.set(plan, systems);
  return names.flatMap((name) => systems.get(name) ?? []);
}

function scenarioHits(plan: ResolvedPlan, name: string, scenario: ScenarioPlan): readonly LintHit[] {
  if (!spreadingKinds.includes(scenario.kind)) return [];
  const spreads = struckSystems(plan, scenario).flatMap(spreadsOf);
  return unpaused(name, scenarioSteps(plan, scenario), spreads);
}

/** Where no scenario says which disaster a runbook is for, it has to serve for damaged data as well. */
function forAnyDisaster(plan: ResolvedPlan): readonly LintHit[] {
  if (scenarioEntries(plan).length > 0) return [];
  const spreads = plan.systems.flatMap(spreadsOf);
  if (spreads.length === 0) return [];
  return runbookEntries(plan).flatMap(([name]) => {
    const steps = expandedSteps(plan, name);
    const restored = steps.filter(({ step }) => step.do === 'restore' || step.do === 'move-into-place');
    const touched = spreads.filter(({ system }) =>
      restored.some(({ systems }) => systems.length === 0 || systems.includes(system)),
    );
    return unpaused(name, steps, touched);
  });
}

function unpaused(
  name: string,
  steps: readonly PlacedStep[],
  spreads: readonly Spread[],
): readonly LintHit[] {
  const first = steps.findIndex(({ step }) => step.do === 'restore' || step.do === 'move-into-place');
  const restore = steps[first];
  if (restore === undefined) return [];
  const going = spreads.filter((spread) => !steps.slice(0, first).some((placed) => pauses(placed, spread)));
  const [spread] = going;
  if (spread === undefined) return [];
  const more = going.length === 1 ? '' : ` and ${going.length - 1} more`;
  const message = `in ${name} nothing pauses ${spread.words}${more} before the ${stepWords(restore)}`;
  return [
    {
      at: restore.at,
      message,
      suggestion: `put "do: pause" with "what: [${spread.what}]" before it`,
      relatedAt: { at: spread.at, message: `${spread.words} stands here` },
    },
  ];
}

function pauses({ step, systems }: PlacedStep, { what, system }: Spread): boolean {
  if (step.do !== 'pause' || !step.what.includes(what)) return false;
  return step.systems === undefined || systems.length === 0 || systems.includes(system);
}

/** What is paused in a runbook and started again nowhere behind it. */
function unresumed(plan: ResolvedPlan, steps: readonly PlacedStep[]): readonly LintHit[] {
  return steps.flatMap(({ step, at, runbook }, index): readonly LintHit[] => {
    if (step.do !== 'pause') return [];
    const later = [...steps.slice(index + 1), ...callersAfter(plan, runbook)];
    const left = step.what.filter(
      (what) => !later.some((each) => each.step.do === 'resume' && each.step.what.includes(what)),
    );
    if (left.length === 0) return [];
    const message = `${left.join(', ')} is paused, and no later step starts it again`;
    return [
      { at, message, suggestion: `end the runbook with "do: resume" and "what: [${left.join(', ')}]"` },
    ];
  });
}

const resumes = new WeakMap<ResolvedPlan, ReadonlyMap<string, readonly PlacedStep[]>>();

/** Steps that start something again behind the place where another runbook runs this one. */
function callersAfter(plan: ResolvedPlan, runbook: string): readonly PlacedStep[] {
  const byRunbook = resumes.get(plan) ?? resumesBehindCalls(plan);
  resumes.set(plan, byRunbook);
  return byRunbook.get(runbook) ?? [];
}

function resumesBehindCalls(plan: ResolvedPlan): ReadonlyMap<string, readonly PlacedStep[]> {
  const found = new Map<string, PlacedStep[]>();
  for (const [name, book] of runbookEntries(plan)) {
    const called = new Set<string>();
    for (const placed of ownSteps(name, book)) {
      if (placed.step.do === 'run-runbook') called.add(placed.step.runbook);
      if (placed.step.do !== 'resume') continue;
      for (const each of called) found.set(each, [...(found.get(each) ?? []), placed]);
    }
  }
  return found;
}

/** A pause of nothing but what the plan has not: whoever reads the step does not know what to stop. */
function emptyPause(plan: ResolvedPlan, { step, at }: PlacedStep): readonly LintHit[] {
  if (step.do !== 'pause') return [];
  const named = step.systems;
  const systems =
    named === undefined ? plan.systems : plan.systems.filter(({ name }) => named.includes(name));
  const spreads = systems.flatMap(spreadsOf);
  const isKnown = (what: string) =>
    (what !== 'replication' && what !== 'sync') || spreads.some((spread) => spread.what === what);
  if (step.what.some(isKnown)) return [];
  const unknown = step.what.join(' and no ');
  const message = `the step pauses ${step.what.join(' and ')}, but the plan knows no ${unknown}, so nobody can know what is stopped`;
  const suggestion = 'say at the systems what copies them (replication, or backups of kind sync)';
  return [{ at: [...at, 'what'], message, suggestion }];
}

/** A replication that a runbook wants to stop, and that says nowhere how. */
function withoutCommand(plan: ResolvedPlan): readonly LintHit[] {
  const steps = runbookEntries(plan).flatMap(([name, book]) => ownSteps(name, book));
  const pausing = steps.filter(({ step }) => step.do === 'pause' && step.what.includes('replication'));
  if (pausing.length === 0) return [];
  return plan.systems.flatMap((system) =>
    system.replication.flatMap((copy, index): readonly LintHit[] => {
      const at = systemPlace(system.name, 'replication', index);
      const spread: Spread = { what: 'replication', system: system.name, at, words: '' };
      const step = pausing.find((placed) => pauses(placed, spread));
      if (copy.pause !== undefined || step === undefined) return [];
      const message = `a runbook pauses the replication of ${system.name} to ${copy.to}, and nothing says how that is done`;
      const relatedAt = { at: step.at, message: 'it is paused here' };
      return [{ at, message, suggestion: 'give it "pause" and "resume", each with a command', relatedAt }];
    }),
  );
}
