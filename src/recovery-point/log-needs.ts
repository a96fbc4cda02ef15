/** From where on the log of a database is needed by the points that are left. Pure. */
import { type LogPlace, logPlaceOf } from './log-place.ts';
import { isProven, type RecoveryPoint } from './recovery-point.ts';

/** A branch or an ancestor of it, which has an end: where it was left. */
export interface BranchPart {
  readonly branch: string;
  readonly end?: bigint;
}

/** Of each branch that is known, it and its ancestors, oldest first. */
export type Lineages = ReadonlyMap<string, readonly BranchPart[]>;

/**
 * The points that the log is kept for when it is kept for moments from `sinceMs` on: those captured since, and for the
 * way to the end of each branch the newest sound one before, on which these moments stand. All of them where none is.
 */
export function pointsKeptFor(
  points: readonly RecoveryPoint[],
  sinceMs: number,
  lineages: Lineages,
): readonly RecoveryPoint[] {
  const before = points
    .filter(({ capturedAtMs }) => capturedAtMs < sinceMs)
    .filter((point) => point.complete && isProven(point, 'checked'))
    .toSorted((a, b) => b.capturedAtMs - a.capturedAtMs);
  const bases = new Set(
    [...lineages.values()].flatMap((way) => before.find((point) => isOn(way, point)) ?? []),
  );
  if (bases.size === 0) return points;
  const oldestMs = Math.min(...[...bases].map(({ capturedAtMs }) => capturedAtMs));
  return points.filter(
    (point) =>
      bases.has(point) ||
      point.capturedAtMs >= sinceMs ||
      (isUnsound(point) && point.capturedAtMs >= oldestMs),
  );
}

/** It may be read back yet. */
function isUnsound(point: RecoveryPoint): boolean {
  return !point.complete || !isProven(point, 'checked');
}

function isOn(way: readonly BranchPart[], { position }: RecoveryPoint): boolean {
  const place = logPlaceOf(position);
  return way.some(({ branch, end }) => branch === place?.branch && (end === undefined || place.at <= end));
}

/**
 * Of each branch the lowest position that a point needs, or `nothing` where no point needs any of it. Branches that are
 * not named stay whole: those that a point of an ancestor is brought forward along, and all when no point stands in this
 * incarnation, for a log may be older than its first point.
 */
export function logNeeds(
  points: readonly RecoveryPoint[],
  incarnation: string,
  lineages: Lineages,
): ReadonlyMap<string, bigint | 'nothing'> {
  const places = points
    .flatMap(({ position }) => logPlaceOf(position) ?? [])
    .filter((place) => place.incarnation === incarnation);
  const needs = new Map<string, bigint | 'nothing'>();
  const whole = new Set<string>();
  for (const branch of new Set(places.map((place) => place.branch))) {
    const own = places.filter((place) => place.branch === branch).map(({ base }) => base);
    const way = lineages.get(branch) ?? [{ branch }];
    const [need = 0n] = own.toSorted((a, b) => (a < b ? -1 : 1));
    for (const { branch: each, end } of way) {
      if (isReached(places, way, each)) whole.add(each);
      // of the branches before, the segment may be needed in which this one left them
      else keepFrom(needs, each, end === undefined || need < end ? need : 'nothing');
    }
  }
  for (const branch of whole) needs.delete(branch);
  return needs;
}

/** Whether a point of an older branch is brought forward along this one. */
function isReached(places: readonly LogPlace[], way: readonly BranchPart[], branch: string): boolean {
  const older = way.slice(
    0,
    way.findIndex((part) => part.branch === branch),
  );
  return older.some(({ branch: each, end }) =>
    places.some((place) => place.branch === each && end !== undefined && place.at <= end),
  );
}

function keepFrom(needs: Map<string, bigint | 'nothing'>, branch: string, need: bigint | 'nothing'): void {
  const known = needs.get(branch);
  if (need === 'nothing') needs.set(branch, known ?? 'nothing');
  else needs.set(branch, typeof known === 'bigint' && known < need ? known : need);
}
