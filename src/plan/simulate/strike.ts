import { factOf, type PlanFacts } from '../lint/plan-facts.ts';
import type { ResolvedPlan, ResolvedSystem, ResolvedVault, ScenarioPlan } from '../resolved-plan.ts';
import { struckSystems } from '../struck-systems.ts';

/** What the disaster takes. */
export interface Strike {
  readonly systems: ReadonlySet<string>;
  readonly sites: ReadonlySet<string>;
  /** By name: why it is gone. */
  readonly vaults: ReadonlyMap<string, string>;
  /** Mistakes and malice follow every replica and every capture that is taken after them. */
  readonly damageFollows: boolean;
}

type Kind = ScenarioPlan['kind'];

const kindsThatFollow: ReadonlySet<Kind> = new Set(['data-corruption', 'ransomware', 'security-breach']);
const kindsThatDelete: ReadonlySet<Kind> = new Set(['ransomware', 'security-breach']);
const kindsThatTakePlaces: ReadonlySet<Kind> = new Set(['site-loss', 'total-loss']);
const kindsThatTakeMachines: ReadonlySet<Kind> = new Set(['infrastructure-failure', 'total-loss']);

export function strikeOf(plan: ResolvedPlan, scenario: ScenarioPlan, facts: PlanFacts): Strike {
  const { kind, strikes } = scenario;
  const { systems, sites, isOpen } = struckSystems(plan, scenario);
  const vaults = new Map<string, string>();
  for (const name of strikes?.vaults ?? []) vaults.set(name, 'the scenario takes it');
  for (const vault of plan.vaults) {
    const why = whyTaken(plan, vault, {
      kind,
      sites,
      isOpen,
      saysVaults: strikes?.vaults !== undefined,
      systems,
      facts,
    });
    if (why !== undefined && !vaults.has(vault.name)) vaults.set(vault.name, why);
  }
  return { systems, sites, vaults, damageFollows: kindsThatFollow.has(kind) };
}

interface Blow {
  readonly kind: Kind;
  readonly sites: ReadonlySet<string>;
  readonly isOpen: boolean;
  /** The scenario says which vaults it takes. */
  readonly saysVaults: boolean;
  readonly systems: ReadonlySet<string>;
  readonly facts: PlanFacts;
}

function whyTaken(plan: ResolvedPlan, vault: ResolvedVault, blow: Blow): string | undefined {
  return takenWithSite(plan, vault, blow) ?? takenByMalice(vault, blow) ?? takenWithDisk(plan, vault, blow);
}

function takenWithSite(plan: ResolvedPlan, vault: ResolvedVault, blow: Blow): string | undefined {
  const { site, region } = vault.declared;
  if (site !== undefined) return blow.sites.has(site) ? `it is lost with the site ${site}` : undefined;
  const sameRegion = [...blow.sites].find(
    (name) => region !== undefined && factOf(plan.sites, name)?.region === region,
  );
  if (sameRegion !== undefined && !isInMoreRegions(vault))
    return `it is in the region of ${sameRegion}, ${region}`;
  if (isElsewhere(vault)) return undefined;
  const primary = [...blow.sites].find((name) => factOf(plan.sites, name)?.role === 'primary');
  if (primary !== undefined) return `nothing says that it is away from ${primary}`;
  const isPlaceTaken = blow.isOpen && kindsThatTakePlaces.has(blow.kind);
  return isPlaceTaken ? 'it is not off-site' : undefined;
}

function isInMoreRegions({
  declared: { geo_redundant: isGeoRedundant, replication, region },
}: ResolvedVault) {
  return isGeoRedundant === true || (replication !== undefined && replication.region !== region);
}

/** A folder is taken to be beside the systems unless the plan says that it is not. */
function isElsewhere({ store, offSite, declared }: ResolvedVault): boolean {
  return offSite || store !== 'folder' || declared.region !== undefined;
}

/** Who can write to the machine can write to a folder beside it, whichever systems the scenario names. */
function takenByMalice(vault: ResolvedVault, blow: Blow): string | undefined {
  if (blow.saysVaults || !kindsThatDelete.has(blow.kind)) return undefined;
  if (isElsewhere(vault) || vault.declared.immutability !== undefined) return undefined;
  return 'it is neither off-site nor immutable, so it is damaged as well';
}

function takenWithDisk(plan: ResolvedPlan, { name }: ResolvedVault, blow: Blow): string | undefined {
  if (!blow.isOpen || !kindsThatTakeMachines.has(blow.kind)) return undefined;
  const device = factOf(blow.facts.vaultDevices, name);
  if (device === undefined) return undefined;
  const sharing = plan.systems.find(
    (system) =>
      blow.systems.has(system.name) && factOf(blow.facts.sourceDevices, system.name)?.includes(device),
  );
  return sharing === undefined ? undefined : `it is on the same disk as ${sharing.name}`;
}

/** Whether somebody is in the machines who wants to do harm. */
export function isMalice({ kind }: ScenarioPlan): boolean {
  return kindsThatDelete.has(kind);
}

/** Whether what the system runs on is gone, so that it must be built up anew. */
export function isMachineLost(
  { site }: ResolvedSystem,
  { kind, response }: ScenarioPlan,
  strike: Strike,
): boolean {
  if (site !== undefined && strike.sites.has(site)) return true;
  return response === 'rebuild' || kindsThatTakePlaces.has(kind) || kindsThatTakeMachines.has(kind);
}

/** Whether its data is gone or damaged: a service that only fell down still has it. */
export function isDataLost(system: ResolvedSystem, scenario: ScenarioPlan, strike: Strike): boolean {
  const { kind, response } = scenario;
  if (isMachineLost(system, scenario, strike)) return true;
  return kind !== 'service-failure' && !(kind === 'other' && response === 'restart');
}
