import type { Before } from './recovery-order.ts';

/**
 * All nodes that can be reached from some of them, without these themselves unless a cycle leads back. With `before`
 * that is everything they wait for, with `reversed(before)` everything that waits for them. In the order of finding.
 */
export function closure(edges: Before, from: Iterable<number>): ReadonlySet<number> {
  const reached = new Set<number>();
  const pending = [...from];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (const next of edges[node] ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      pending.push(next);
    }
  }
  return reached;
}

/** The same edges, seen from the other end. */
export function reversed(edges: Before): Before {
  const result = edges.map((): number[] => []);
  for (const [from, targets] of edges.entries()) for (const to of targets) result[to]?.push(from);
  return result;
}
