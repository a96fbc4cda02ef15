import type { PlanPath } from '../plan-path.ts';
import { keptCount, type RetentionPlan, resolveRetention } from '../resolve-retention.ts';
import type { ResolvedPlan, ResolvedSystem, ResolvedVault, Retention } from '../resolved-plan.ts';
import { systemPlace } from './system-place.ts';

/** For how long something says that data is kept. */
export interface KeepPromise {
  readonly valueMs: number;
  readonly words: string;
  readonly at: PlanPath;
  /** Something else says when it must be gone. */
  readonly mustEnd: boolean;
}

/** What retention says about the time after the move to the archive, for one vault. */
export function archivePromises(plan: ResolvedPlan, vault: ResolvedVault): readonly KeepPromise[] {
  return retentionsOf(plan, vault).flatMap(({ retention, at, words, system }) => {
    const keepFor = retention.archive?.keep_for;
    if (keepFor === undefined) return [];
    return [
      {
        valueMs: keepFor,
        words,
        at: [...at, 'archive', 'keep_for'],
        mustEnd: endsOf(plan, retention, system),
      },
    ];
  });
}

/** How far back it must be possible to return from one vault. */
export function keepPromises(plan: ResolvedPlan, vault: ResolvedVault): readonly KeepPromise[] {
  const byRetention = retentionsOf(plan, vault).flatMap(({ retention, at, words, system }) => {
    const valueMs = horizonMs(retention);
    return valueMs === 0 ? [] : [{ valueMs, words, at, mustEnd: endsOf(plan, retention, system) }];
  });
  const byObjective = usersOf(plan, vault).flatMap((system) => {
    const keep = system.objectives.keepAtLeast;
    if (keep === undefined) return [];
    const mustEnd = system.objectives.keepAtMost !== undefined;
    return [{ valueMs: keep.valueMs, words: `keep_at_least of ${system.name}`, at: keep.from.path, mustEnd }];
  });
  return [...byRetention, ...byObjective];
}

export function longest(promises: readonly KeepPromise[]): KeepPromise | undefined {
  return promises.reduce<KeepPromise | undefined>(
    (best, each) => (best === undefined || each.valueMs > best.valueMs ? each : best),
    undefined,
  );
}

interface PlacedRetention {
  readonly retention: Retention;
  readonly at: PlanPath;
  readonly words: string;
  /** Absent for the retention of a vault. */
  readonly system?: ResolvedSystem;
}

/** All that holds for one vault: its own, and that of systems and their lines of backups that go there. */
function retentionsOf(plan: ResolvedPlan, vault: ResolvedVault): readonly PlacedRetention[] {
  return [
    ...retentionOfVault(vault),
    ...usersOf(plan, vault).flatMap((system) => retentionsOfSystem(system)),
  ];
}

/** What a vault says for systems that do not say it themselves. */
export function retentionOfVault({ name, declared }: ResolvedVault): readonly PlacedRetention[] {
  const own = declared.retention;
  return own === undefined ? [] : [placed(own, ['vaults', name, 'retention'], `the retention of ${name}`)];
}

export function retentionsOfSystem(system: ResolvedSystem): readonly PlacedRetention[] {
  const words = `the retention of ${system.name}`;
  const own =
    system.retention === undefined
      ? []
      : [{ retention: system.retention, at: systemPlace(system.name, 'retention'), words, system }];
  const lines = system.backups.flatMap(({ name, retention }) =>
    retention === undefined
      ? []
      : [{ ...placed(retention, systemPlace(system.name, 'backups', name, 'retention'), words), system }],
  );
  return [...own, ...lines];
}

function placed(retention: RetentionPlan, at: PlanPath, words: string): PlacedRetention {
  return { retention: resolveRetention(retention), at, words };
}

/** Systems with data that use a vault; worked out once for all vaults of a plan. */
export function usersOf(plan: ResolvedPlan, vault: ResolvedVault): readonly ResolvedSystem[] {
  const known = users.get(plan) ?? usersByVault(plan);
  users.set(plan, known);
  return known.get(vault.name) ?? [];
}

const users = new WeakMap<ResolvedPlan, ReadonlyMap<string, readonly ResolvedSystem[]>>();

function usersByVault(plan: ResolvedPlan): ReadonlyMap<string, readonly ResolvedSystem[]> {
  const found = new Map<string, ResolvedSystem[]>();
  for (const system of plan.systems) {
    if (system.source === undefined) continue;
    for (const name of system.vaults) {
      const list = found.get(name) ?? [];
      list.push(system);
      found.set(name, list);
    }
  }
  return found;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * How far back the rules of a retention reach, by the calendar; zero for those that only count points, infinite where
 * one has no limit.
 */
export function horizonMs(retention: Retention): number {
  const reach = Math.max(
    retention.withinMs ?? 0,
    keptCount(retention.hourly) * hourMs,
    keptCount(retention.daily) * dayMs,
    keptCount(retention.weekly) * 7 * dayMs,
    keptCount(retention.monthly) * 30 * dayMs,
    keptCount(retention.yearly) * 365 * dayMs,
    retention.last === -1 ? Number.POSITIVE_INFINITY : 0,
  );
  return Math.min(reach, retention.atMostMs ?? reach);
}

function endsOf(plan: ResolvedPlan, retention: Retention, system: ResolvedSystem | undefined): boolean {
  return (
    retention.atMostMs !== undefined ||
    system?.objectives.keepAtMost !== undefined ||
    plan.compliance?.erasure !== undefined
  );
}
