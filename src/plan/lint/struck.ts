import type { ResolvedPlan, ScenarioPlan } from '../resolved-plan.ts';
import { struckSystems } from '../struck-systems.ts';

export interface Struck {
  readonly systems: ReadonlySet<string>;
  readonly sites: ReadonlySet<string>;
  readonly vaults: ReadonlySet<string>;
}

/** What a disaster takes, with the vaults that stand at the sites that it takes. */
export function struckBy(plan: ResolvedPlan, scenario: ScenarioPlan): Struck {
  const known = remembered.get(scenario);
  if (known !== undefined) return known;
  const struck = workOut(plan, scenario);
  remembered.set(scenario, struck);
  return struck;
}

/** Several rules ask for the same scenario, and a plan may have many systems. */
const remembered = new WeakMap<ScenarioPlan, Struck>();

function workOut(plan: ResolvedPlan, scenario: ScenarioPlan): Struck {
  const { systems, sites } = struckSystems(plan, scenario);
  const atSites = plan.vaults.filter(
    ({ declared }) => declared.site !== undefined && sites.has(declared.site),
  );
  const named = scenario.strikes?.vaults ?? [];
  return { systems, sites, vaults: new Set([...named, ...atSites.map(({ name }) => name)]) };
}
