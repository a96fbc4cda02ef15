import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { coverageOf, coveragePercent, packsToReread } from './rolling-check.ts';

const day = 24 * 60 * 60 * 1000;
const start = Date.UTC(2026, 10, 1);
const sizesOf = (bytes: readonly number[]) => new Map(bytes.map((size, n) => [`pack-${n}`, size]));

describe('the rolling check', () => {
  it('has read every byte within the time, whatever the sizes, and keeps it so', () => {
    const packs = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(packs, fc.integer({ min: 3, max: 40 }), (bytes, days) => {
        const sizes = sizesOf(bytes);
        const withinMs = days * day;
        const read = new Map<string, number>();
        for (let nowMs = start; nowMs <= start + 3 * withinMs; nowMs += day) {
          const times = { packs: read, ...(nowMs === start ? {} : { rollingAtMs: nowMs - day }) };
          const question = { sizes, times, withinMs, nowMs };
          for (const id of packsToReread(question)) read.set(id, nowMs);
          if (nowMs >= start + withinMs) assert.equal(coveragePercent(coverageOf(question)), 100);
        }
      }),
    );
  });

  it('does not read all of it every day', () => {
    const sizes = sizesOf(Array.from({ length: 300 }, () => 100));
    const times = { packs: new Map<string, number>(), rollingAtMs: start - day };
    assert.equal(packsToReread({ sizes, times, withinMs: 30 * day, nowMs: start }).length, 11);
    const late = { ...times, rollingAtMs: start - 10 * day };
    assert.equal(packsToReread({ sizes, times: late, withinMs: 30 * day, nowMs: start }).length, 110);
  });

  it('takes those first that were never read, then the oldest', () => {
    const sizes = sizesOf([100, 100, 100]);
    const packs = new Map([
      ['pack-0', start - 3 * day],
      ['pack-2', start - 5 * day],
    ]);
    const question = { sizes, withinMs: 30 * day, nowMs: start };
    const [first] = packsToReread({ ...question, times: { packs, rollingAtMs: start - day } });
    assert.equal(first, 'pack-1');
    const [second] = packsToReread({
      ...question,
      times: { packs: new Map([...packs, ['pack-1', start]]), rollingAtMs: start - day },
    });
    assert.equal(second, 'pack-2');
  });

  it('takes what is suspected besides the rest, never instead of it, and does not count it as read', () => {
    const sizes = sizesOf([100, 100, 100]);
    const times = { packs: new Map([['pack-1', start - day]]), rollingAtMs: start - day };
    const suspected = new Set(['pack-1']);
    const question = { sizes, times, suspected, withinMs: 30 * day, nowMs: start };
    assert.deepEqual(packsToReread(question), ['pack-0', 'pack-1']);
    assert.equal(coverageOf(question).bytes, 0);
  });

  it('reads all that is not suspected in time, however many packs stay damaged, and tries each of those', () => {
    const sizes = sizesOf(Array.from({ length: 100 }, () => 100));
    const suspected = new Set(Array.from({ length: 20 }, (_, n) => `pack-${n}`));
    const packs = new Map<string, number>();
    const tried = new Set<string>();
    for (let nowMs = start; nowMs < start + 30 * day; nowMs += day) {
      const times = { packs, ...(nowMs === start ? {} : { rollingAtMs: nowMs - day }) };
      const chosen = packsToReread({ sizes, times, suspected, withinMs: 30 * day, nowMs });
      assert.ok(chosen.length <= 2 * 4, `${chosen.length} packs in one day`);
      assert.ok(!suspected.has(chosen[0] ?? ''), 'a list that is cut short begins with the rest');
      for (const id of chosen) {
        if (suspected.has(id)) tried.add(id);
        else packs.set(id, nowMs);
      }
    }
    assert.deepEqual([packs.size, tried.size], [80, 20]);
  });

  it('tries suspected packs also where nothing else is there', () => {
    const sizes = sizesOf([100, 100]);
    const suspected = new Set(sizes.keys());
    const question = { sizes, times: { packs: new Map() }, suspected, withinMs: 30 * day };
    const chosen = [start, start + day].map((nowMs) => packsToReread({ ...question, nowMs }));
    assert.deepEqual(chosen.flat().toSorted(), ['pack-0', 'pack-1']);
  });

  it('says 100% of everything only, and nothing of what is not known', () => {
    const sizes = sizesOf([9999, 1]);
    const question = { sizes, withinMs: 30 * day, nowMs: start };
    assert.equal(coveragePercent(coverageOf({ ...question, times: { packs: new Map() } })), 0);
    const times = { packs: new Map([['pack-0', start - day]]) };
    assert.equal(coveragePercent(coverageOf({ ...question, times })), 99.9);
    const old = { packs: new Map([['pack-0', start - 31 * day]]) };
    assert.equal(coverageOf({ ...question, times: old }).bytes, 0);
  });
});
