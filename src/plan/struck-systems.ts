import type { ResolvedPlan, ScenarioPlan } from './resolved-plan.ts';

export interface StruckSystems {
  readonly systems: ReadonlySet<string>;
  readonly sites: ReadonlySet<string>;
  /** The scenario names nothing that it strikes, so its kind decides. */
  readonly isOpen: boolean;
}

/**
 * What a disaster takes: what the scenario names, and all systems at the sites that it names. A scenario that names
 * nothing takes every system; only the loss of a site takes what stands at the primary one. Where the plan leaves it
 * open, more is taken rather than less.
 */
export function struckSystems(plan: ResolvedPlan, { kind, strikes }: ScenarioPlan): StruckSystems {
  const isOpen =
    strikes === undefined || [strikes.systems, strikes.sites, strikes.vaults].every((list) => !list?.length);
  const sites = new Set(isOpen ? sitesTakenBy(plan, kind) : (strikes.sites ?? []));
  const takesAll = isOpen && (kind !== 'site-loss' || sites.size === 0);
  const atSites = plan.systems.filter(({ site }) => takesAll || (site !== undefined && sites.has(site)));
  const systems = new Set([...(strikes?.systems ?? []), ...atSites.map(({ name }) => name)]);
  return { systems, sites, isOpen };
}

/** The loss of a site takes the primary one; of everything, all that serve or are ready to. */
function sitesTakenBy(plan: ResolvedPlan, kind: ScenarioPlan['kind']): readonly string[] {
  const roles = kind === 'total-loss' ? ['primary', 'standby'] : kind === 'site-loss' ? ['primary'] : [];
  return Object.entries(plan.sites)
    .filter(([, { role }]) => roles.includes(role))
    .map(([name]) => name);
}
