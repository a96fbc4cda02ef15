import type { ResolvedPlan } from '../resolved-plan.ts';

/** Systems whose continuous log is watched by an alert or a probe on its lag: the age of their backups is no loss. */
export function namesOfWatchedLogs(plan: ResolvedPlan): ReadonlySet<string> {
  const known = remembered.get(plan);
  if (known !== undefined) return known;
  const watched = new Set(
    plan.systems.filter((system) => isWatched(plan, system.name)).map(({ name }) => name),
  );
  const withLogs = new Set(
    plan.systems.filter(({ name, logs }) => logs !== undefined && watched.has(name)).map(({ name }) => name),
  );
  remembered.set(plan, withLogs);
  return withLogs;
}

const remembered = new WeakMap<ResolvedPlan, ReadonlySet<string>>();

function isWatched(plan: ResolvedPlan, system: string): boolean {
  const alerts = Object.values(plan.alerts).some(
    ({ when, systems }) => when === 'log-lag' && (systems?.includes(system) ?? true),
  );
  if (alerts) return true;
  return Object.values(plan.probes).some(
    ({ healthy, systems }) =>
      (systems?.includes(system) ?? true) &&
      (healthy ?? []).some(({ measure, at_most: most }) => measure === 'log-lag' && most !== undefined),
  );
}
