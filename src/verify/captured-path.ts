/**
 * Where something of the plan lies in a point. A plan that was copied or moved to another folder names it differently
 * than it was captured, for its relative paths count from that folder. Pure.
 */
import { join, relative } from 'node:path';

/** Absolute: what the plan reads now, and what was read at capture. */
export interface PointSource {
  readonly planned: readonly string[];
  readonly captured: readonly string[];
  /** The system was captured by the very source and checks that the plan has: its paths are written the same. */
  readonly isSameSystem: boolean;
  /** The same paths are the same source, whatever else was changed. */
  readonly isNamedByPaths: boolean;
}

/** What the plan reads, and where that was when it was captured. */
export type CapturedRoots = ReadonlyMap<string, string>;

export interface CapturedPath {
  readonly path: string;
  /** It was captured at the very place that the plan says. */
  readonly isAsPlanned: boolean;
}

/** `undefined` for a point of another source: whatever it holds proves nothing of what the plan reads. */
export function capturedRoots({
  planned,
  captured,
  isSameSystem,
  isNamedByPaths,
}: PointSource): CapturedRoots | undefined {
  if (!isNamedByPaths && !isSameSystem) return undefined;
  if (planned.every((path) => captured.includes(path))) return new Map(planned.map((path) => [path, path]));
  if (!isSameSystem || planned.length !== captured.length) return undefined;
  const pairs = planned.map((path, at) => [path, captured[at] ?? path] as const);
  return wereMovedTogether(pairs.filter(([now, then]) => now !== then)) ? new Map(pairs) : undefined;
}

/** The lists may be in another order: what was moved with its folder lies to each other as it did. */
function wereMovedTogether(pairs: readonly (readonly [string, string])[]): boolean {
  const [first] = pairs;
  return pairs.every(
    ([now, then]) => first !== undefined && relative(first[0], now) === relative(first[1], then),
  );
}

export function capturedPath(path: string, roots: CapturedRoots): CapturedPath {
  const [root] = [...roots.keys()]
    .filter((candidate) => isWithin(path, candidate))
    .sort((a, b) => b.length - a.length);
  const was = root === undefined ? undefined : roots.get(root);
  if (root === undefined || was === undefined) return { path, isAsPlanned: false };
  return { path: join(was, relative(root, path)), isAsPlanned: was === root };
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root === '/' ? root : `${root}/`);
}
