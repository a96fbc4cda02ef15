import { parseSchedule } from '../schedule/parse-schedule.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { milliseconds } from './duration.ts';
import type { Plan, SystemPlan, VaultPlan } from './plan-schema.ts';
import { resolveChecks } from './resolve-check.ts';
import { resolveObjectives, tierOf } from './resolve-objectives.ts';
import { resolveCanary, resolveSource } from './resolve-source.ts';
import type { ResolvedPlan, ResolvedSystem, ResolvedVault, Retention } from './resolved-plan.ts';

const onFailureTimeoutMs = milliseconds(60_000);

/** Fills in all defaults and inherits objectives. Of a draft, what has errors (an unknown vault) is left out. */
export function resolvePlan(plan: Plan): ResolvedPlan {
  const schedules: KnownSchedules = new Map();
  const { id, name, organisation, owner, time_zone } = plan.metadata;
  const { on_failure: failure, dead_man_url: deadManUrl } = plan;
  return {
    version: 1,
    metadata: {
      id,
      name,
      ...(organisation === undefined ? {} : { organisation }),
      owner,
      timeZone: time_zone ?? 'UTC',
    },
    vaults: Object.entries(plan.vaults).map(([vaultName, vault]) => resolveVault(vaultName, vault)),
    systems: Object.entries(plan.systems).map(([systemName, system]) =>
      resolveSystem(systemName, system, plan, schedules),
    ),
    ...(failure === undefined
      ? {}
      : { onFailure: { command: failure.command, timeoutMs: failure.timeout ?? onFailureTimeoutMs } }),
    ...(deadManUrl === undefined ? {} : { deadManUrl }),
  };
}

function resolveVault(name: string, vault: VaultPlan): ResolvedVault {
  return {
    name,
    location: vault.location,
    role: vault.role ?? 'primary',
    ...(vault.password === undefined ? {} : { password: vault.password }),
    offSite: vault.off_site ?? false,
  };
}

function resolveSystem(name: string, system: SystemPlan, plan: Plan, known: KnownSchedules): ResolvedSystem {
  const source = system.source === undefined ? undefined : resolveSource(system.source);
  const vaults = Object.keys(plan.vaults);
  return {
    name,
    ...(system.description === undefined ? {} : { description: system.description }),
    ...(system.tier === undefined ? {} : { tier: system.tier }),
    critical: tierOf(system, plan)?.critical ?? /^critical$/i.test(system.tier ?? ''),
    dataClasses: system.data_classes ?? [],
    owner: system.owner ?? plan.metadata.owner,
    dependsOn: system.depends_on ?? [],
    ...(source === undefined ? {} : { source }),
    objectives: resolveObjectives(name, system, plan),
    schedules: schedulesOf(system, plan, known),
    ...(system.retention === undefined ? {} : { retention: resolveRetention(system.retention) }),
    vaults: (system.vaults ?? vaults).filter((vault) => vaults.includes(vault)),
    checks: resolveChecks(system.checks ?? []),
    ...(system.canary === undefined || source === undefined
      ? {}
      : { canary: resolveCanary(system.canary, source) }),
  };
}

/** Schedules by their text: many systems share one, and reading it and walking its years takes time. */
type KnownSchedules = Map<string, readonly Schedule[]>;

function schedulesOf(system: SystemPlan, plan: Plan, known: KnownSchedules): readonly Schedule[] {
  const given = system.schedule ?? [];
  return (typeof given === 'string' ? [given] : given).flatMap((text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = parseSchedule(text, plan.metadata.time_zone ?? 'UTC');
    const schedules = result.ok ? [result.schedule] : [];
    known.set(text, schedules);
    return schedules;
  });
}

function resolveRetention(retention: NonNullable<SystemPlan['retention']>): Retention {
  const { within, ...counts } = retention;
  const none = { last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
  return { ...none, ...counts, ...(within === undefined ? {} : { withinMs: within }) };
}
