/**
 * Orders and paths over a directed graph whose nodes are numbers from 0. Everything here is linear in nodes and
 * edges, without recursion, so that chains of thousands are no harm.
 *
 * Glossary: `before[node]` are the nodes that must be back before it. A *cycle* is a set of nodes each of which waits
 * for the others, so that none can be the first.
 */
export type Before = readonly (readonly number[])[];

export interface RecoveryOrder {
  /** Every node once; what must be back before another stands before it, but inside cycles. */
  readonly order: readonly number[];
  /** Each with its nodes ascending; a node that waits for itself is one as well. Empty in a sound plan. */
  readonly cycles: readonly (readonly number[])[];
}

/** Among nodes that do not wait for each other, the order of the file. Any graph is taken: drafts may have cycles. */
export function recoveryOrder(before: Before): RecoveryOrder {
  const order: number[] = [];
  const cycles: (readonly number[])[] = [];
  for (const group of groupsInOrder(before)) {
    order.push(...group);
    const [only] = group;
    const waitsForItself = only !== undefined && (before[only] ?? []).includes(only);
    if (group.length > 1 || waitsForItself) cycles.push(group);
  }
  return { order, cycles };
}

interface Visit {
  readonly node: number;
  /** Which of the nodes before it is looked at next. */
  next: number;
}

/** Where the walk stands: Tarjan's numbers, and the nodes whose group is not known yet. */
interface Walk {
  readonly before: Before;
  /** By node: its number in the order of finding, -1 while it is not found. */
  readonly found: Int32Array;
  /** By node: the lowest number that it is known to reach. */
  readonly lowest: Int32Array;
  readonly isOpen: Uint8Array;
  readonly open: number[];
  count: number;
}

/** Tarjan's strongly connected components: a group comes out when all that it waits for has come out. */
function* groupsInOrder(before: Before): Generator<readonly number[]> {
  const walk: Walk = {
    before,
    found: new Int32Array(before.length).fill(-1),
    lowest: new Int32Array(before.length),
    isOpen: new Uint8Array(before.length),
    open: [],
    count: 0,
  };
  for (let root = 0; root < before.length; root++) {
    if (walk.found[root] !== -1) continue;
    const visits = [enter(walk, root)];
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const deeper = visitNext(walk, visit);
      if (deeper === 'done') {
        visits.pop();
        yield* leave(walk, visit.node, visits.at(-1)?.node);
      } else if (deeper !== 'seen') visits.push(enter(walk, deeper));
    }
  }
}

function enter(walk: Walk, node: number): Visit {
  walk.found[node] = walk.count;
  walk.lowest[node] = walk.count;
  walk.count += 1;
  walk.open.push(node);
  walk.isOpen[node] = 1;
  return { node, next: 0 };
}

/** A node to go into, or what came of looking at the next one. */
function visitNext(walk: Walk, visit: Visit): number | 'seen' | 'done' {
  const target = walk.before[visit.node]?.[visit.next];
  if (target === undefined) return 'done';
  visit.next += 1;
  if (walk.found[target] === -1) return target;
  if (walk.isOpen[target] === 1) lower(walk, visit.node, walk.found[target]);
  return 'seen';
}

function* leave(walk: Walk, node: number, parent: number | undefined): Generator<readonly number[]> {
  if (parent !== undefined) lower(walk, parent, walk.lowest[node]);
  if (walk.lowest[node] !== walk.found[node]) return;
  const group = walk.open.splice(walk.open.lastIndexOf(node));
  for (const each of group) walk.isOpen[each] = 0;
  yield group.sort((a, b) => a - b);
}

function lower({ lowest }: Walk, node: number, to = 0): void {
  lowest[node] = Math.min(lowest[node] ?? to, to);
}
