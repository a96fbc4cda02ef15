import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../test/support/seeded-random.ts';
import { type VirtualTime, virtualTime } from '../../test/support/virtual-time.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { withAdaptiveLimit } from './adaptive-limit.ts';
import { openMemoryStore } from './memory/memory-store.ts';
import type { ObjectStore } from './object-store.ts';
import { Semaphore } from './semaphore.ts';

interface SimulatedStore {
  readonly latencyMs: number;
  /** So many requests are worked on at once, the others wait in the store; absent: as many as come. */
  readonly capacity?: number;
  /** More than so many at once are refused. */
  readonly refuseAbove?: number;
  /** A number from 0 to 1; latencies spread by as much as 30 % to each side with it. */
  readonly noise?: () => number;
}

/** Tells how many requests are in the store at most while they are made. */
function simulate(time: VirtualTime, { latencyMs, capacity, refuseAbove, noise }: SimulatedStore) {
  const memory = openMemoryStore([['key', Buffer.alloc(100)]]);
  const workers = new Semaphore(capacity ?? 10_000);
  let inside = 0;
  const seen = { most: 0, refused: 0 };
  const store: ObjectStore = {
    ...memory,
    async get(key, range, signal) {
      inside += 1;
      seen.most = Math.max(seen.most, inside);
      try {
        if (refuseAbove !== undefined && inside > refuseAbove) {
          seen.refused += 1;
          await time.sleep(latencyMs / 4);
          throw new LifeboatError('STORE_UNAVAILABLE', 'slow down', { retryable: true });
        }
        const spread = noise === undefined ? 1 : 0.7 + 0.6 * noise();
        await workers.run(signal, () => time.sleep(latencyMs * spread));
        return await memory.get(key, range, signal);
      } finally {
        inside -= 1;
      }
    },
  };
  return { store, seen };
}

/** The limits that were tried, by when, while so many callers ask as fast as they can. */
async function useFor(simulated: SimulatedStore, { durationMs = 60_000, callers = 64, max = 32 } = {}) {
  const time = virtualTime();
  const { store, seen } = simulate(time, simulated);
  const limits: { readonly atMs: number; readonly limit: number }[] = [{ atMs: 0, limit: 4 }];
  const limited = withAdaptiveLimit(store, {
    min: 2,
    max,
    nowMs: time.nowMs,
    onLimit: (limit) => limits.push({ atMs: time.nowMs(), limit }),
  });
  let done = 0;
  const ask = async (): Promise<void> => {
    while (time.nowMs() < durationMs) {
      await limited.get('key').then(
        () => {
          done += 1;
        },
        () => time.sleep(100),
      );
    }
  };
  await time.run(Promise.all(Array.from({ length: callers }, ask)));
  return { seen, done, meanLimit: meanLimit(limits, durationMs / 2, durationMs), limits };
}

/** Over time, of the second half: what it has settled at. */
function meanLimit(
  limits: readonly { readonly atMs: number; readonly limit: number }[],
  fromMs: number,
  untilMs: number,
): number {
  const areas = limits.map(({ atMs, limit }, n) => {
    const endMs = limits[n + 1]?.atMs ?? untilMs;
    return limit * Math.max(0, endMs - Math.max(fromMs, atMs));
  });
  return areas.reduce((sum, area) => sum + area, 0) / (untilMs - fromMs);
}

test('with 20 ms of latency and no end of capacity, many requests are under way soon', async () => {
  const { seen, limits, meanLimit } = await useFor({ latencyMs: 20 }, { durationMs: 4000 });
  assert.ok(seen.most >= 12, `at most ${seen.most} were under way`);
  const soon = limits.find(({ limit }) => limit >= 12);
  assert.ok((soon?.atMs ?? Number.POSITIVE_INFINITY) < 1000, `12 were reached after ${soon?.atMs} ms`);
  assert.ok(meanLimit > 20, `it stays high: ${meanLimit}`);
});

test('a store that works on four at once gets about four', async () => {
  const { meanLimit, done } = await useFor({ latencyMs: 20, capacity: 4 });
  assert.ok(meanLimit >= 3.5 && meanLimit <= 6, `mean limit ${meanLimit}`);
  assert.ok(done >= 0.9 * (60_000 / 20) * 4, `and is kept busy: ${done} requests`);
});

for (const seed of [1, 2, 3]) {
  test(`noise changes nothing of that (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const noise = () => random.below(1000) / 1000;
    const four = await useFor({ latencyMs: 20, capacity: 4, noise });
    assert.ok(four.meanLimit >= 3 && four.meanLimit <= 8, `capacity 4: mean limit ${four.meanLimit}`);
    assert.ok(four.done >= 0.85 * (60_000 / 20) * 4, `capacity 4: ${four.done} requests`);
    const open = await useFor({ latencyMs: 20, noise }, { durationMs: 10_000 });
    assert.ok(open.meanLimit >= 16, `no end of capacity: mean limit ${open.meanLimit}`);
  });
}

test('a store that refuses more than ten at once is asked less, and rarely refuses', async () => {
  const { meanLimit, seen, done } = await useFor({ latencyMs: 20, refuseAbove: 10 });
  assert.ok(meanLimit >= 4 && meanLimit <= 11, `mean limit ${meanLimit}`);
  assert.ok(seen.refused < done / 50, `${seen.refused} refused of ${done}`);
  assert.ok(seen.refused > 0);
});

test('few callers do not raise the limit: nothing was held back', async () => {
  const { meanLimit } = await useFor({ latencyMs: 20 }, { callers: 4, durationMs: 5000 });
  assert.equal(meanLimit, 4);
});

test('neither bound is passed', async () => {
  const high = await useFor({ latencyMs: 20 }, { max: 7, durationMs: 5000 });
  assert.equal(high.seen.most, 7);
  const low = await useFor({ latencyMs: 20, refuseAbove: 0 }, { durationMs: 5000 });
  assert.equal(Math.min(...low.limits.map(({ limit }) => limit)), 2);
});

test('what follows from a mistake of the caller is no sign of the store', async () => {
  const limits: number[] = [];
  const store = withAdaptiveLimit(openMemoryStore(), {
    min: 2,
    max: 8,
    onLimit: (limit) => limits.push(limit),
  });
  for (let n = 0; n < 20; n += 1) await assert.rejects(store.get('missing'), { code: 'OBJECT_MISSING' });
  assert.deepEqual(limits, []);
});
