/** One scenario of one plan, with what follows from both at once. All that is forecast starts from here. */
import { closure, reversed } from '../graph/closure.ts';
import { recoveryGraph } from '../graph/recovery-graph.ts';
import { recoveryOrder } from '../graph/recovery-order.ts';
import type { PlanFacts } from '../lint/plan-facts.ts';
import type { FailoverPlan, ResolvedPlan, ResolvedSystem, ScenarioPlan } from '../resolved-plan.ts';
import type { Figure } from './figure.ts';
import { detectionFigure, failoverOf, unnoticedFigure } from './response-figures.ts';
import { systemsByName } from './step-figures.ts';
import { type Strike, strikeOf } from './strike.ts';

export interface Disaster {
  readonly plan: ResolvedPlan;
  readonly name: string;
  readonly scenario: ScenarioPlan;
  readonly facts: PlanFacts;
  readonly atMs?: number;
  readonly strike: Strike;
  readonly detection: Figure;
  readonly unnoticed?: Figure;
  readonly failover?: FailoverPlan;
  /** Struck systems and those that wait for one, what others depend on first. */
  readonly affected: readonly ResolvedSystem[];
}

export function disasterOf(
  plan: ResolvedPlan,
  name: string,
  scenario: ScenarioPlan,
  facts: PlanFacts,
  atMs: number | undefined,
): Disaster {
  const strike = strikeOf(plan, scenario, facts);
  const detection = detectionFigure(plan, scenario);
  const unnoticed = unnoticedFigure(scenario, strike.damageFollows, detection);
  const failover = failoverOf(plan, scenario) ?? failoverFrom(plan, scenario, strike);
  return {
    plan,
    name,
    scenario,
    facts,
    strike,
    detection,
    affected: affectedBy(plan, strike),
    ...(atMs === undefined ? {} : { atMs }),
    ...(unnoticed === undefined ? {} : { unnoticed }),
    ...(failover === undefined ? {} : { failover }),
  };
}

/** A scenario that is answered by failing over and does not say how: the first failover from what was struck. */
function failoverFrom(
  plan: ResolvedPlan,
  { response }: ScenarioPlan,
  strike: Strike,
): FailoverPlan | undefined {
  if (response !== 'fail-over') return undefined;
  return Object.values(plan.failovers).find(
    ({ from, to }) => strike.sites.has(from) && !strike.sites.has(to),
  );
}

/** By `depends_on` alone: needs that run on systems do not change who is affected. */
function affectedBy(plan: ResolvedPlan, { systems: struck }: Strike): readonly ResolvedSystem[] {
  const { nodes, before, because } = recoveryGraph(plan);
  const systems = systemsByName(plan);
  const dependsOn = before.map((targets, node) =>
    targets.filter((_, at) => because[node]?.[at] === 'depends-on'),
  );
  const isStruck = (node: number): boolean => nodes[node]?.kind === 'system' && struck.has(nodes[node].name);
  const hit = [...nodes.keys()].filter(isStruck);
  const waiting = closure(reversed(dependsOn), hit);
  return recoveryOrder(dependsOn)
    .order.filter((node) => isStruck(node) || waiting.has(node))
    .flatMap((node) => systems.get(nodes[node]?.name ?? '') ?? []);
}
