import type { ResolvedPlan, ScenarioPlan } from '../resolved-plan.ts';

export interface Struck {
  readonly systems: ReadonlySet<string>;
  readonly sites: ReadonlySet<string>;
  readonly vaults: ReadonlySet<string>;
}

/**
 * What a disaster takes: what the scenario names, and all that stands at the sites that it names. A scenario that
 * names nothing takes every system; the loss of a site takes the primary one.
 */
export function struckBy(plan: ResolvedPlan, scenario: ScenarioPlan): Struck {
  const known = remembered.get(scenario);
  if (known !== undefined) return known;
  const struck = workOut(plan, scenario);
  remembered.set(scenario, struck);
  return struck;
}

/** Several rules ask for the same scenario, and a plan may have many systems. */
const remembered = new WeakMap<ScenarioPlan, Struck>();

function workOut(plan: ResolvedPlan, { kind, strikes }: ScenarioPlan): Struck {
  const namesNothing =
    strikes === undefined ||
    [strikes.systems, strikes.sites, strikes.vaults].every((each) => each === undefined);
  const sites = new Set(strikes?.sites ?? (namesNothing && kind === 'site-loss' ? primarySites(plan) : []));
  const takesAll = namesNothing && sites.size === 0;
  const systems = plan.systems.filter(({ site }) => takesAll || (site !== undefined && sites.has(site)));
  const vaults = plan.vaults.filter(
    ({ declared }) => declared.site !== undefined && sites.has(declared.site),
  );
  return {
    systems: new Set([...(strikes?.systems ?? []), ...systems.map(({ name }) => name)]),
    sites,
    vaults: new Set([...(strikes?.vaults ?? []), ...vaults.map(({ name }) => name)]),
  };
}

function primarySites(plan: ResolvedPlan): readonly string[] {
  return Object.entries(plan.sites)
    .filter(([, site]) => site.role === 'primary')
    .map(([name]) => name);
}
