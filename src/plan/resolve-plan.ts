import type { Plan, VaultPlan } from './plan-schema.ts';
import { governanceBlocks, namedBlocks } from './resolve-blocks.ts';
import { type KnownSchedules, resolveSystem } from './resolve-system.ts';
import type { ResolvedMetadata, ResolvedPlan, ResolvedVault, VaultStore } from './resolved-plan.ts';

/** Fills in all defaults and inherits objectives. Of a draft, what has errors (an unknown vault) is left out. */
export function resolvePlan(plan: Plan): ResolvedPlan {
  const schedules: KnownSchedules = new Map();
  const { on_failure: failure, dead_man_url: deadManUrl } = plan;
  return {
    version: 1,
    metadata: resolveMetadata(plan.metadata),
    vaults: Object.entries(plan.vaults).map(([vaultName, vault]) => resolveVault(vaultName, vault)),
    systems: Object.entries(plan.systems).map(([systemName, system]) =>
      resolveSystem(systemName, system, plan, schedules),
    ),
    tiers: plan.tiers ?? {},
    dataClasses: plan.data_classes ?? {},
    ...namedBlocks(plan),
    ...governanceBlocks(plan),
    ...(failure === undefined ? {} : { onFailure: { command: failure.command, timeoutMs: failure.timeout } }),
    ...(deadManUrl === undefined ? {} : { deadManUrl }),
  };
}

function resolveMetadata(metadata: Plan['metadata']): ResolvedMetadata {
  const { id, name, organisation, owner, time_zone: timeZone, ...document } = metadata;
  return {
    id,
    name,
    ...(organisation === undefined ? {} : { organisation }),
    owner,
    timeZone,
    document,
  };
}

function resolveVault(name: string, vault: VaultPlan): ResolvedVault {
  const { location, role, password, off_site: offSite, ...declared } = vault;
  return {
    name,
    location,
    role,
    ...(password === undefined ? {} : { password }),
    offSite,
    store: storeOf(location),
    declared,
  };
}

function storeOf(location: string): VaultStore {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === 'file') return 'folder';
  return scheme === 's3' || scheme === 'azure' ? scheme : 'other';
}
