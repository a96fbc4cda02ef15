import { assert } from '../../error/assert.ts';
import type { Before, RecoveryOrder } from './recovery-order.ts';

/** The longest way to one node: what decides when it is back, if nothing waits for hands. */
export interface LongestPath {
  /** Its own duration and that of everything on the way. */
  readonly lengthMs: number;
  /** The node before it on the way; absent for the first one. */
  readonly via?: number;
}

/**
 * For every node, with `ownMs(node)` as the time that it takes once all before it are back. `undefined` for nodes in
 * cycles and for those behind one: they are never back. Of ways that are equally long, the one in the order of the
 * file counts. Visits every edge once.
 */
export function longestPaths(
  before: Before,
  { order, cycles }: RecoveryOrder,
  ownMs: (node: number) => number,
): readonly (LongestPath | undefined)[] {
  const paths = new Array<LongestPath | undefined>(before.length).fill(undefined);
  const isCyclic = new Set(cycles.flat());
  for (const node of order) {
    if (isCyclic.has(node)) continue;
    const slowest = slowestOf(before[node] ?? [], paths);
    if (slowest === 'never') continue;
    const own = ownMs(node);
    assert(own >= 0, 'no duration is negative');
    paths[node] = {
      lengthMs: own + (slowest?.lengthMs ?? 0),
      ...(slowest === undefined ? {} : { via: slowest.node }),
    };
  }
  return paths;
}

interface Slowest {
  readonly node: number;
  readonly lengthMs: number;
}

function slowestOf(
  nodes: readonly number[],
  paths: readonly (LongestPath | undefined)[],
): Slowest | 'never' | undefined {
  let slowest: Slowest | undefined;
  for (const node of nodes) {
    const path = paths[node];
    if (path === undefined) return 'never';
    if (slowest === undefined || path.lengthMs > slowest.lengthMs)
      slowest = { node, lengthMs: path.lengthMs };
  }
  return slowest;
}

/** The nodes on the longest way to this one, the first one first; empty when it is never back. */
export function pathTo(paths: readonly (LongestPath | undefined)[], node: number): readonly number[] {
  const way: number[] = [];
  let at: number | undefined = paths[node] === undefined ? undefined : node;
  while (at !== undefined) {
    way.push(at);
    at = paths[at]?.via;
  }
  return way.reverse();
}
