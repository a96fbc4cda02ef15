import { formatDuration } from '../duration.ts';
import { recoveryGraph } from '../graph/recovery-graph.ts';
import { recoveryOrder } from '../graph/recovery-order.ts';
import type { Objective, ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { objectivePlace, systemPlace } from './system-place.ts';

export const rtoDependency: LintRule = {
  id: 'rto-dependency',
  number: 'T2',
  also: ['T24'],
  severity: 'error',
  title: 'a system must be back before what it depends on',
  explanation:
    'A system works again only after everything that it depends on, directly or not, works again. Its RTO is shorter ' +
    'than the RTO of one of these, so it can be breached although everybody keeps to the plan.',
  fix: 'Shorten the RTO of the dependency, or relax the RTO of the system that depends on it.',
  check: (plan) => {
    const slowest = slowestDependencies(plan);
    return plan.systems.flatMap((system) => hitOf(system, slowest.get(system.name)));
  },
};

interface Slowest {
  readonly system: ResolvedSystem;
  readonly rto: Objective;
}

function hitOf(system: ResolvedSystem, slowest: Slowest | undefined): readonly LintHit[] {
  const { rto } = system.objectives;
  if (rto === undefined || slowest === undefined || slowest.rto.valueMs <= rto.valueMs) return [];
  const direct = system.dependsOn.includes(slowest.system.name) ? '' : ', through others,';
  return [
    {
      at: rto.from.kind === 'system' ? rto.from.path : systemPlace(system.name, 'depends_on'),
      message:
        `${system.name} must be back in ${formatDuration(rto.valueMs)}, but depends${direct} on ${slowest.system.name}, ` +
        `which may take ${formatDuration(slowest.rto.valueMs)}`,
      suggestion: `give ${slowest.system.name} an RTO of at most ${formatDuration(rto.valueMs)}, or ${system.name} one of at least ${formatDuration(slowest.rto.valueMs)}`,
      ...objectivePlace(slowest.rto, `the RTO of ${slowest.system.name}`),
    },
  ];
}

/** For every system, what of all that it waits for may take longest; what lies between may be a recovery need. */
function slowestDependencies(plan: ResolvedPlan): ReadonlyMap<string, Slowest | undefined> {
  const { before } = recoveryGraph(plan);
  const slowest: (Slowest | undefined)[] = before.map(() => undefined);
  for (const node of recoveryOrder(before).order) {
    const candidates = (before[node] ?? []).flatMap((next) => [own(plan.systems[next]), slowest[next]]);
    slowest[node] = slowestOf(candidates);
  }
  return new Map(plan.systems.map(({ name }, node) => [name, slowest[node]]));
}

function own(system: ResolvedSystem | undefined): Slowest | undefined {
  const rto = system?.objectives.rto;
  return system === undefined || rto === undefined ? undefined : { system, rto };
}

function slowestOf(candidates: readonly (Slowest | undefined)[]): Slowest | undefined {
  return candidates
    .filter((each) => each !== undefined)
    .reduce<Slowest | undefined>(
      (best, each) => (best !== undefined && best.rto.valueMs >= each.rto.valueMs ? best : each),
      undefined,
    );
}
