import type { RetentionPlan } from '../resolve-retention.ts';
import { keptCount, resolveRetention } from '../resolve-retention.ts';
import type { ResolvedSystem, ResolvedVault, Retention } from '../resolved-plan.ts';

export type Line = ResolvedSystem['backups'][number];

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** How far back a count of one reaches, and how far apart points are that it keeps; the densest first. */
const rules = [
  ['hourly', hourMs, hourMs],
  ['daily', dayMs, dayMs],
  ['weekly', 7 * dayMs, 7 * dayMs],
  ['monthly', 28 * dayMs, 31 * dayMs],
  ['yearly', 365 * dayMs, 366 * dayMs],
] as const;

/** How far apart points of an age are; `nothing` where none is kept, `unknown` where points are counted and not days. */
export type Spacing = number | 'nothing' | 'unknown';

/** The newest points are always there, so nothing is thinned at the age of 0. */
export function thinnedTo(retention: Retention | undefined, ageMs: number): Spacing {
  if (retention === undefined || ageMs === 0) return 0;
  if (retention.atMostMs !== undefined && retention.atMostMs <= ageMs) return 'nothing';
  if (retention.withinMs !== undefined && retention.withinMs >= ageMs) return 0;
  if (retention.last === -1) return 0;
  for (const [rule, reachMs, apartMs] of rules)
    if (keptCount(retention[rule]) * reachMs >= ageMs + apartMs) return apartMs;
  return retention.last > 0 ? 'unknown' : 'nothing';
}

/** What is kept of a line: as it says itself, its system, or the vault. */
export function spacingOf(line: Line, system: ResolvedSystem, vault: ResolvedVault, ageMs: number): Spacing {
  return thinnedTo(resolved(line.retention) ?? system.retention ?? resolved(vault.declared.retention), ageMs);
}

function resolved(retention: RetentionPlan | undefined): Retention | undefined {
  return retention === undefined ? undefined : resolveRetention(retention);
}
