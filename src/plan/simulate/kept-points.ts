import { type ArchiveMove, archiveMoveOf, nearestRetention } from '../nearest-retention.ts';
import { keptCount } from '../resolve-retention.ts';
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
  const retention = nearestRetention(line, system, vault);
  const move = archiveMoveOf(retention, vault);
  return move === undefined ? thinnedTo(retention, ageMs) : inArchive(retention, move, ageMs);
}

/** What moves there is what was left at that age, and nothing is thinned any more. */
function inArchive(retention: Retention | undefined, move: ArchiveMove, ageMs: number): Spacing {
  const { afterMs, keepForMs = Number.POSITIVE_INFINITY } = move;
  const mostMs = Math.min(afterMs + keepForMs, retention?.atMostMs ?? Number.POSITIVE_INFINITY);
  return Math.max(ageMs, afterMs) >= mostMs ? 'nothing' : thinnedTo(retention, afterMs);
}
