/** From where on the log of a database is needed by the points that are left. Pure. */
import type { BranchLeft } from '../log-archive/unbroken.ts';
import { logPlaceOf } from './log-place.ts';
import { isProven, type RecoveryPoint } from './recovery-point.ts';

/**
 * The points that the log is kept for when it is kept for moments from `sinceMs` on: those captured since, and the sound
 * one before, on which these moments stand. All of them where none before is sound.
 */
export function pointsKeptFor(points: readonly RecoveryPoint[], sinceMs: number): readonly RecoveryPoint[] {
  const before = points.filter(({ capturedAtMs }) => capturedAtMs < sinceMs);
  const base = before
    .filter((point) => point.complete && isProven(point, 'checked'))
    .toSorted((a, b) => b.capturedAtMs - a.capturedAtMs)[0];
  if (base === undefined) return points;
  return points.filter(({ capturedAtMs }) => capturedAtMs >= base.capturedAtMs);
}

/**
 * Of each branch the lowest position that a point needs, or `nothing` where no point needs any of it. Branches that are
 * not named stay whole, as do all when no point stands in this incarnation: a log may be older than its first point.
 *
 * `lineageOf` gives a branch and its ancestors, oldest first.
 */
export function logNeeds(
  points: readonly RecoveryPoint[],
  incarnation: string,
  lineageOf: (branch: string) => readonly BranchLeft[],
): ReadonlyMap<string, bigint | 'nothing'> {
  const needs = new Map<string, bigint | 'nothing'>();
  for (const { position } of points) {
    const place = logPlaceOf(position);
    if (place?.incarnation !== incarnation) continue;
    const known = needs.get(place.branch);
    if (typeof known !== 'bigint' || place.base < known) needs.set(place.branch, place.base);
  }
  const withPoints = new Set(needs.keys());
  for (const branch of withPoints) {
    const lineage = lineageOf(branch);
    const first = lineage.findIndex((each) => withPoints.has(each.branch));
    const need = needs.get(lineage[first]?.branch ?? '');
    // a branch with points begins where it left its parent, of which it may still need the segment in which it did
    for (const { branch: ancestor, end } of lineage.slice(0, Math.max(0, first)))
      needs.set(ancestor, typeof need === 'bigint' && end !== undefined && need < end ? need : 'nothing');
  }
  return needs;
}
