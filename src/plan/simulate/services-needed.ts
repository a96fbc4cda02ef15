/** What from outside has to work, and whom to call there. */
import { factOf } from '../lint/plan-facts.ts';
import type { Chosen } from './choose-way.ts';
import type { Disaster } from './disaster.ts';
import type { ServiceNeeded } from './simulation.ts';
import { type NeedState, needStates } from './struck-needs.ts';

export function servicesNeeded(
  disaster: Disaster,
  chosen: ReadonlyMap<string, Chosen>,
  runbooks: readonly string[],
): readonly ServiceNeeded[] {
  const needs = needStates(disaster, runbooks);
  return [
    ...needs.map(serviceOf),
    ...[...providersOf(disaster, chosen)].map(([name, why]) => ({
      name,
      kind: 'provider' as const,
      for: why,
      state: 'there' as const,
    })),
    ...[...vendorsFor(disaster, needs)].map(([name, why]) => vendorOf(disaster, name, [...why])),
  ];
}

function serviceOf({ name, need: { kind, provider }, state }: NeedState): ServiceNeeded {
  return {
    name,
    kind: 'need',
    for: [provider === undefined ? kind : `${kind} (${provider})`],
    state: state === 'later' ? 'struck' : state,
  };
}

/** By name: the needs that they stand behind, and the struck systems that they support. */
function vendorsFor(
  { plan, strike }: Disaster,
  needs: readonly NeedState[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const vendors = new Map<string, Set<string>>();
  const call = (vendor: string, why: string): void => {
    vendors.set(vendor, (vendors.get(vendor) ?? new Set()).add(why));
  };
  for (const { name, need } of needs) if (need.vendor !== undefined) call(need.vendor, name);
  for (const [name, { supports }] of Object.entries(plan.vendors))
    for (const system of supports ?? []) if (strike.systems.has(system)) call(name, system);
  return vendors;
}

/** Who runs the sites that are built up and the vaults that are restored from. */
function providersOf(
  { plan }: Disaster,
  chosen: ReadonlyMap<string, Chosen>,
): ReadonlyMap<string, readonly string[]> {
  const providers = new Map<string, Set<string>>();
  const add = (provider: string | undefined, why: string): void => {
    if (provider !== undefined) providers.set(provider, (providers.get(provider) ?? new Set()).add(why));
  };
  const vaults = new Map(plan.vaults.map((vault) => [vault.name, vault]));
  for (const { way } of chosen.values()) {
    if (way.kind === 'restore') add(vaults.get(way.vault)?.declared.provider, `the vault ${way.vault}`);
    const site = 'site' in way ? way.site : undefined;
    if (site !== undefined) add(factOf(plan.sites, site)?.provider, `the site ${site}`);
  }
  return new Map([...providers].map(([name, why]) => [name, [...why]]));
}

function vendorOf({ plan }: Disaster, name: string, why: readonly string[]): ServiceNeeded {
  const vendor = factOf(plan.vendors, name);
  const contact = vendor?.contact === undefined ? undefined : factOf(plan.contacts, vendor.contact);
  const phone = vendor?.phone ?? contact?.phone;
  return {
    name,
    kind: 'vendor',
    for: why,
    state: 'there',
    ...(phone === undefined ? {} : { phone }),
    ...(vendor?.answers_within === undefined ? {} : { answersWithinMs: vendor.answers_within }),
  };
}
