import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../test/support/seeded-random.ts';
import { closure, reversed } from './closure.ts';
import { longestPaths, pathTo } from './longest-paths.ts';
import { type Before, recoveryOrder } from './recovery-order.ts';

test('what others wait for comes first, else the order of the file', () => {
  assert.deepEqual(recoveryOrder([[2], [], [3], []]), { order: [3, 2, 0, 1], cycles: [] });
});

test('a cycle is told, and its nodes stand together', () => {
  const { order, cycles } = recoveryOrder([[1], [2], [0, 3], [], [4]]);
  assert.deepEqual(order, [3, 0, 1, 2, 4]);
  assert.deepEqual(cycles, [[0, 1, 2], [4]]);
});

test('the longest way is the sum of durations, with its nodes', () => {
  const before = [[1, 2], [3], [3], []];
  const durations = [5, 10, 30, 7];
  const paths = longestPaths(before, recoveryOrder(before), (node) => durations[node] ?? 0);
  assert.deepEqual(
    paths.map((path) => path?.lengthMs),
    [42, 17, 37, 7],
  );
  assert.deepEqual(pathTo(paths, 0), [3, 2, 0]);
});

test('what is in a cycle or behind one is never back', () => {
  const before = [[1], [0], [0], []];
  const paths = longestPaths(before, recoveryOrder(before), () => 1);
  assert.deepEqual(
    paths.map((path) => path?.lengthMs),
    [undefined, undefined, undefined, 1],
  );
  assert.deepEqual(pathTo(paths, 2), []);
});

test('random graphs agree with a naive reckoning', () => {
  for (let seed = 0; seed < 400; seed++) {
    const random = seededRandom(seed);
    const count = 1 + random.below(9);
    const isSound = random.below(2) === 0;
    const before = Array.from({ length: count }, (_, node) =>
      Array.from({ length: random.below(4) }, () => random.below(isSound ? node : count)).filter(
        (target) => !isSound || target < node,
      ),
    );
    const durations = before.map(() => random.below(20));
    const reach = naiveReach(before);
    for (const node of before.keys())
      assert.deepEqual(
        [...closure(before, [node])].sort((a, b) => a - b),
        reach[node],
        `closure of ${node}, seed ${seed}`,
      );
    checkOrder(before, reach, seed);
    checkPaths(before, reach, durations, seed);
    checkReversed(before, reach, seed);
  }
});

/** By node: everything that can be reached, ascending. */
function naiveReach(before: Before): readonly (readonly number[])[] {
  const reaches = before.map((targets) => before.map((_, to) => targets.includes(to)));
  for (const middle of before.keys())
    for (const from of before.keys())
      for (const to of before.keys())
        if (reaches[from]?.[middle] && reaches[middle]?.[to]) (reaches[from] ?? [])[to] = true;
  return reaches.map((row) => row.flatMap((isReached, to) => (isReached ? [to] : [])));
}

function checkOrder(before: Before, reach: readonly (readonly number[])[], seed: number): void {
  const { order, cycles } = recoveryOrder(before);
  assert.deepEqual(
    order.toSorted((a, b) => a - b),
    [...before.keys()],
    `all nodes, seed ${seed}`,
  );
  const place = new Map(order.map((node, at) => [node, at]));
  const inCycle = new Set(cycles.flat());
  for (const node of before.keys()) {
    assert.equal(inCycle.has(node), reach[node]?.includes(node), `cycle of ${node}, seed ${seed}`);
    for (const target of reach[node] ?? []) {
      const isMutual = reach[target]?.includes(node);
      if (!isMutual) assert.ok((place.get(target) ?? 0) < (place.get(node) ?? 0), `order, seed ${seed}`);
    }
  }
  for (const cycle of cycles)
    for (const node of cycle)
      for (const other of cycle) assert.ok(reach[node]?.includes(other), `one cycle, seed ${seed}`);
}

function checkPaths(
  before: Before,
  reach: readonly (readonly number[])[],
  durations: readonly number[],
  seed: number,
): void {
  const naive = (node: number): number =>
    (durations[node] ?? 0) + Math.max(0, ...(before[node] ?? []).map(naive));
  const paths = longestPaths(before, recoveryOrder(before), (node) => durations[node] ?? 0);
  for (const node of before.keys()) {
    const isNever = [node, ...(reach[node] ?? [])].some((each) => reach[each]?.includes(each));
    assert.equal(paths[node]?.lengthMs, isNever ? undefined : naive(node), `length, seed ${seed}`);
    const sum = pathTo(paths, node).reduce((total, each) => total + (durations[each] ?? 0), 0);
    if (!isNever) assert.equal(sum, paths[node]?.lengthMs, `way, seed ${seed}`);
  }
}

function checkReversed(before: Before, reach: readonly (readonly number[])[], seed: number): void {
  for (const node of before.keys())
    assert.deepEqual(
      [...closure(reversed(before), [node])].sort((a, b) => a - b),
      reach.flatMap((targets, from) => (targets.includes(node) ? [from] : [])),
      `dependants of ${node}, seed ${seed}`,
    );
}

test('long chains and dense graphs take milliseconds, not stack', () => {
  const chain = Array.from({ length: 100_000 }, (_, node) => (node === 0 ? [] : [node - 1]));
  const dense = Array.from({ length: 1000 }, (_, node) => [...new Array(node).keys()]);
  const ring = Array.from({ length: 100_000 }, (_, node) => [(node + 1) % 100_000]);
  const started = process.cpuUsage();
  for (const [before, lengthMs] of [
    [chain, 100_000],
    [dense, 1000],
  ] as const) {
    const paths = longestPaths(before, recoveryOrder(before), () => 1);
    assert.equal(paths.at(-1)?.lengthMs, lengthMs);
    assert.equal(pathTo(paths, before.length - 1).length, lengthMs);
  }
  assert.equal(recoveryOrder(ring).cycles[0]?.length, 100_000);
  const { user } = process.cpuUsage(started);
  assert.ok(user < 2_000_000, `${user} µs`);
});
