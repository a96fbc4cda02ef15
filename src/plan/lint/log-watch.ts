/** Who notices that the log of a database, or its replica, falls behind. */
import type { AlertPlan, ProbePlan, ResolvedPlan } from '../resolved-plan.ts';

export interface LogWatch {
  readonly alert: string;
  readonly measure: 'log-lag' | 'replication-lag';
  /** The lag from which it speaks; absent where it is computed from the RPO. */
  readonly aboveMs?: number;
}

/** Of one system, those that are about it by name and those that are about all. */
export function logWatchesOf(plan: ResolvedPlan, system: string): readonly LogWatch[] {
  const known = remembered.get(plan) ?? collect(plan);
  remembered.set(plan, known);
  return [...known.ofAll, ...(known.bySystem.get(system) ?? [])];
}

interface Watches {
  readonly ofAll: readonly LogWatch[];
  readonly bySystem: ReadonlyMap<string, readonly LogWatch[]>;
}

/** Many systems ask. */
const remembered = new WeakMap<ResolvedPlan, Watches>();

interface PlacedWatch {
  readonly watch: LogWatch;
  readonly systems?: readonly string[];
}

function collect(plan: ResolvedPlan): Watches {
  const placed = Object.entries(plan.alerts).flatMap(([name, alert]) => [
    ...ownWatches(name, alert),
    ...probeWatches(plan, name, alert),
  ]);
  const bySystem = new Map<string, LogWatch[]>();
  for (const { watch, systems } of placed) {
    for (const system of systems ?? []) bySystem.set(system, [...(bySystem.get(system) ?? []), watch]);
  }
  return { ofAll: placed.filter(({ systems }) => systems === undefined).map(({ watch }) => watch), bySystem };
}

function ownWatches(name: string, { when, above, systems }: AlertPlan): readonly PlacedWatch[] {
  if (when !== 'log-lag' && when !== 'replication-lag') return [];
  const watch = { alert: name, measure: when, ...(above === undefined ? {} : { aboveMs: above }) };
  return [{ watch, ...(systems === undefined ? {} : { systems }) }];
}

/** An alert on a probe that fails when the lag is too large. */
function probeWatches(plan: ResolvedPlan, name: string, alert: AlertPlan): readonly PlacedWatch[] {
  if (alert.when !== 'probe-failed') return [];
  const probes = alert.probes ?? Object.keys(plan.probes);
  return probes.flatMap((probe) => {
    const asked = Object.hasOwn(plan.probes, probe) ? plan.probes[probe] : undefined;
    return asked === undefined ? [] : conditionWatches(name, asked, alert.systems ?? asked.systems);
  });
}

function conditionWatches(
  alert: string,
  { healthy }: ProbePlan,
  systems: readonly string[] | undefined,
): readonly PlacedWatch[] {
  return (healthy ?? []).flatMap(({ measure, at_most: aboveMs }) =>
    (measure === 'log-lag' || measure === 'replication-lag') && aboveMs !== undefined
      ? [{ watch: { alert, measure, aboveMs }, ...(systems === undefined ? {} : { systems }) }]
      : [],
  );
}
