import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { DrillPlan, ResolvedPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { namesInWords } from './names-in-words.ts';
import { factOf } from './plan-facts.ts';
import { objectivePlace, systemPlace } from './system-place.ts';

export const drillCoverage: LintRule = {
  id: 'drill-coverage',
  number: 'C21',
  severity: 'warning',
  title: 'something that must work one day is never tried',
  explanation:
    'What was never rehearsed does not work the first time, and nobody knows how long it takes. The drills of the plan leave ' +
    'out a disaster or a runbook, come more rarely than the objectives demand, or measure no time.',
  fix: 'Let a drill name the scenario or the runbook, often enough, and let it measure rto and rpo.',
  check: (plan) => [...unrehearsed(plan), ...untested(plan), ...tooRare(plan), ...unmeasured(plan)],
};

type Drills = readonly (readonly [string, DrillPlan])[];

/** Silent without drills: that there are none at all is said once, where the plan has disasters to rehearse. */
function unrehearsed(plan: ResolvedPlan): readonly LintHit[] {
  const scenarios = Object.keys(plan.scenarios);
  const drills = Object.entries(plan.drills);
  const left = scenarios.filter((name) => !drills.some(([, drill]) => rehearses(plan, drill, name)));
  const [first] = left;
  if (first === undefined) return [];
  const message =
    drills.length === 0
      ? `the plan has no drill, so nothing rehearses ${namesInWords(left)}`
      : `${left.length} of ${scenarios.length} scenarios ${left.length === 1 ? 'is' : 'are'} rehearsed by no drill: ${namesInWords(left)}`;
  return [
    {
      at: ['scenarios', first],
      onKey: true,
      message,
      suggestion: 'add a drill with "scenario" for each',
    },
  ];
}

/** By its name, by the failover or the runbooks that answer it, or by a full drill that names nothing. */
function rehearses(plan: ResolvedPlan, drill: DrillPlan, name: string): boolean {
  if (drill.scenario !== undefined) return drill.scenario === name;
  const scenario = factOf(plan.scenarios, name);
  if (drill.failover !== undefined) return drill.failover === scenario?.failover;
  if (drill.runbooks !== undefined) {
    const needed = scenario?.runbooks ?? [];
    return needed.length > 0 && needed.every((runbook) => drill.runbooks?.includes(runbook));
  }
  return drill.kind === 'full' && drill.systems === undefined;
}

/** Runbooks that no drill, no rehearsed scenario and no cadence of their own tries. */
function untested(plan: ResolvedPlan): readonly LintHit[] {
  const drills: Drills = Object.entries(plan.drills);
  if (drills.length === 0) return [];
  const tried = new Set(drills.flatMap(([, drill]) => runbooksOf(plan, drill)));
  const left = Object.entries(plan.runbooks).filter(
    ([name, { tested }]) => tested === undefined && !tried.has(name),
  );
  const [first] = left;
  if (first === undefined) return [];
  return [
    {
      at: ['runbooks', first[0]],
      onKey: true,
      message: `no drill tries ${namesInWords(left.map(([name]) => name))}`,
      suggestion: 'name them in a drill, or say with "tested" how often they are rehearsed',
    },
  ];
}

function runbooksOf(plan: ResolvedPlan, drill: DrillPlan): readonly string[] {
  if (
    drill.kind === 'full' &&
    drill.scenario === undefined &&
    drill.runbooks === undefined &&
    drill.systems === undefined
  ) {
    return Object.keys(plan.runbooks);
  }
  const scenario = drill.scenario === undefined ? undefined : factOf(plan.scenarios, drill.scenario);
  const failovers = [drill.failover, scenario?.failover].flatMap((name) =>
    name === undefined ? [] : [factOf(plan.failovers, name)],
  );
  const moved = failovers.flatMap((failover) => [failover?.runbook, failover?.failback]);
  return [...(drill.runbooks ?? []), ...(scenario?.runbooks ?? []), ...moved].filter(
    (name) => name !== undefined,
  );
}

/** Of the drills that try a system, the most frequent one counts. */
function tooRare(plan: ResolvedPlan): readonly LintHit[] {
  const drills: Drills = Object.entries(plan.drills);
  const forAll = mostFrequent(drills.filter(([, { systems }]) => systems === undefined));
  const bySystem = new Map<string, Drills[number]>();
  for (const drill of drills) {
    for (const name of drill[1].systems ?? []) {
      const better = mostFrequent([...(bySystem.has(name) ? [bySystem.get(name) ?? drill] : []), drill]);
      if (better !== undefined) bySystem.set(name, better);
    }
  }
  return plan.systems.flatMap((system): readonly LintHit[] => {
    const age = system.objectives.drillAge;
    if (age === undefined) return [];
    const related = objectivePlace(age, 'the age that a drill may have');
    const own = bySystem.get(system.name);
    const drill = mostFrequent([
      ...(own === undefined ? [] : [own]),
      ...(forAll === undefined ? [] : [forAll]),
    ]);
    if (drill === undefined) {
      const message = `the last drill of ${system.name} may be ${formatDuration(age.valueMs)} old, and no drill tries it`;
      return [{ at: systemPlace(system.name), onKey: true, message, ...related }];
    }
    const [name, { every }] = drill;
    if (every.intervalMs <= age.valueMs) return [];
    const at: PlanPath = ['drills', name, 'every'];
    const message =
      `${name} comes ${every.text}, up to ${formatDuration(every.intervalMs)} apart, but the last drill of ${system.name} ` +
      `may be ${formatDuration(age.valueMs)} old: ${formatDuration(every.intervalMs - age.valueMs)} too rare`;
    return [{ at, message, ...related }];
  });
}

function mostFrequent(drills: Drills): Drills[number] | undefined {
  return drills.reduce<Drills[number] | undefined>(
    (best, each) => (best === undefined || each[1].every.intervalMs < best[1].every.intervalMs ? each : best),
    undefined,
  );
}

const timed: ReadonlySet<DrillPlan['kind']> = new Set([
  'full',
  'restore',
  'failover',
  'service',
  'recovery-time',
  'kit',
]);

/** C21: recovery time is itself something to test. */
function unmeasured(plan: ResolvedPlan): readonly LintHit[] {
  const drills: Drills = Object.entries(plan.drills);
  const [first] = drills;
  const hasRto = plan.systems.some(({ objectives }) => objectives.rto !== undefined);
  if (first === undefined || !hasRto) return [];
  if (drills.some(([, { kind, measures }]) => timed.has(kind) && measures.includes('rto'))) return [];
  const message = `none of the ${drills.length} drills measures how long a recovery takes, so no RTO is ever tested`;
  return [{ at: ['drills', first[0]], onKey: true, message, suggestion: 'add rto to what a drill measures' }];
}
