/** What the recovery itself cannot do without, and whether the disaster takes it. */
import { needsOfRunbook } from '../graph/needs-of-runbook.ts';
import { needsOfSystem } from '../graph/recovery-graph.ts';
import { factOf } from '../lint/plan-facts.ts';
import type { RecoveryNeedPlan } from '../resolved-plan.ts';
import type { Disaster } from './disaster.ts';

export interface NeedState {
  readonly name: string;
  readonly need: RecoveryNeedPlan;
  /** `struck`: it is gone and nothing stands in; `later`: it comes back with the systems that it runs on. */
  readonly state: 'there' | 'fallback' | 'struck' | 'later';
  /** Struck systems whose recovery needs it. */
  readonly users: readonly string[];
  /** Struck systems that it runs on. */
  readonly carriers: readonly string[];
}

/** In the order of the file; only those that somebody needs in this disaster. */
export function needStates(disaster: Disaster, runbooks: readonly string[]): readonly NeedState[] {
  const { plan, strike, affected } = disaster;
  const ofRunbooks = new Set(runbooks.flatMap((name) => needsOfRunbook(plan, name)));
  const users = new Map([...ofRunbooks].map((name): [string, string[]] => [name, []]));
  for (const system of affected) {
    if (!strike.systems.has(system.name)) continue;
    for (const name of needsOfSystem(plan, system))
      users.set(name, [...(users.get(name) ?? []), system.name]);
  }
  return Object.keys(plan.recoveryNeeds).flatMap((name) => {
    const need = factOf(plan.recoveryNeeds, name);
    const usedBy = users.get(name);
    if (need === undefined || usedBy === undefined) return [];
    const carriers = (need.runs_on ?? []).filter((system) => strike.systems.has(system));
    return [{ name, need, users: usedBy, carriers, state: stateOf(disaster, need, carriers) }];
  });
}

function stateOf(
  { strike }: Disaster,
  { site, fallback }: RecoveryNeedPlan,
  carriers: readonly string[],
): NeedState['state'] {
  const isSiteGone = site !== undefined && strike.sites.has(site);
  if (!isSiteGone && carriers.length === 0) return 'there';
  if (fallback !== undefined) return 'fallback';
  return isSiteGone ? 'struck' : 'later';
}
