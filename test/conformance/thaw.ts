/**
 * Bringing objects out of an archive class, over every store that has one. How far a server enforces the states is
 * told in `thaws`: `in-time` takes its hours on a clock that the test moves, `by-looks` is ready after a few looks,
 * `at-once` knows no state between cold and ready.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ThawSpeed } from '../../src/object-store/abilities.ts';
import { withCounts } from '../../src/object-store/count.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import type { NeededPack } from '../../src/repository/repository-types.ts';
import { isWithinReach, surveyCold } from '../../src/thaw/survey-cold.ts';
import { type ThawRequest, thawObjects } from '../../src/thaw/thaw-objects.ts';
import { thawOffers } from '../../src/thaw/thaw-offers.ts';
import { type ArchiveAccess, archiveAccess } from '../../src/vault/archive-access.ts';

export interface ThawExpectations {
  readonly coldClass: string;
  readonly speeds: readonly ThawSpeed[];
  readonly thaws: 'in-time' | 'by-looks' | 'at-once';
}

export interface ColdStoreUnderTest {
  readonly store: ObjectStore;
  readonly nowMs: () => number;
  readonly advanceMs?: (ms: number) => Promise<void>;
  dispose(): Promise<void>;
}

const objects = 60;
const speeds: readonly ThawSpeed[] = ['expedited', 'standard', 'bulk'];
const wish = { speed: 'standard', days: 2, wait: true } as const;

export function thawConformance(
  name: string,
  make: () => Promise<ColdStoreUnderTest>,
  expected: ThawExpectations,
): void {
  describe(`thawing in ${name}`, () => {
    const check = checkerOf(make, expected.coldClass);
    check('tells what is cold, by class, with the speeds that fit', async ({ archive, needed, nowMs }) => {
      const survey = await surveyCold(archive, needed, { nowMs: nowMs() });
      assert.equal(survey.objects, objects + 1);
      assert.equal(
        survey.bytes,
        needed.reduce((sum, { bytes }) => sum + bytes, 0),
      );
      assert.deepEqual(
        [...new Set(survey.cold.map(({ storageClass }) => storageClass))],
        [expected.coldClass],
      );
      assert.deepEqual([survey.cold.length, survey.thawing.length], [objects, 0]);
      const offers = thawOffers(archive.thaw, survey);
      assert.deepEqual(
        offers.map(({ speed }) => speed),
        expected.speeds,
      );
      for (const { usualMs, requests, bytes } of offers) {
        assert.ok(usualMs > 0);
        assert.deepEqual([requests, bytes], [objects, survey.bytes - 4]);
      }
    });
    checkLists(check);
    check('waits until everything can be read', async (scene) => {
      const outcome = await thawObjects(requestOf(scene));
      assert.deepEqual([outcome.asked, outcome.pendingObjects], [objects, 0]);
      for (const { key, bytes } of scene.needed) assert.equal((await scene.store.get(key)).length, bytes);
      const again = await thawObjects(requestOf(scene));
      assert.deepEqual([again.asked, again.pendingObjects], [0, 0]);
    });
    check('goes on after an end in the middle, and asks for nothing twice', async (scene) => {
      const controller = new AbortController();
      let asked = 0;
      const cut = thawObjects({
        ...requestOf(scene),
        signal: controller.signal,
        progress: ({ phase }) => {
          if (phase === 'ask for thaw' && ++asked === 20) controller.abort(new Error('cut off'));
        },
      });
      await assert.rejects(cut, /cut off|aborted/i);
      const rest = await thawObjects(requestOf(scene));
      assert.ok(rest.asked <= objects - 20 + scene.archive.connections, `${rest.asked} asked again`);
      assert.equal(rest.pendingObjects, 0);
    });
    if (expected.thaws === 'in-time') checkTime(check, expected.coldClass);
    if (expected.speeds.length < 3)
      check('refuses a speed that is not offered before it asks for anything', async (scene) => {
        const speed = speeds.find((each) => !expected.speeds.includes(each)) ?? 'bulk';
        const wished = { ...wish, speed };
        await assert.rejects(thawObjects({ ...requestOf(scene), wish: wished }), { code: 'STORE_UNFIT' });
        assert.deepEqual(await scene.archive.thaw.stateOf('data/cold-0'), { kind: 'cold' });
      });
  });
}

function checkLists(check: Check): void {
  check('calls nothing warm in a list that is in the archive class', async ({ store }) => {
    const warm = (await Array.fromAsync(store.list('data/'))).filter(({ isWarm }) => isWarm);
    assert.ok(
      warm.every(({ key }) => key === 'data/warm'),
      JSON.stringify(warm),
    );
  });
  check('asks only for those of many that a list does not tell of', async ({ store, nowMs }) => {
    const warmObjects = 300;
    const needed: NeededPack[] = [{ key: 'data/cold-0', bytes: 1 }];
    for (let number = 0; number < warmObjects; number++) {
      needed.push({ key: `data/warm-${number}`, bytes: 1 });
      await store.put(`data/warm-${number}`, Buffer.from('w'));
    }
    const counted = withCounts(store);
    const archive = archiveAccess(counted);
    assert.ok(archive);
    const survey = await surveyCold(archive, needed, { nowMs: nowMs() });
    assert.deepEqual([survey.cold.length, survey.objects], [1, warmObjects + 1]);
    assert.ok(counted.counts.stats <= 4, `${counted.counts.stats} looks`);
    const absent = surveyCold(archive, [...needed, { key: 'data/absent', bytes: 1 }], { nowMs: nowMs() });
    await assert.rejects(absent, { code: 'OBJECT_MISSING' });
  });
}

function checkTime(check: Check, coldClass: string): void {
  check('only asks when nobody waits, and says when it is usually there', async (scene) => {
    const outcome = await thawObjects({ ...requestOf(scene), wish: { ...wish, wait: false } });
    assert.deepEqual([outcome.asked, outcome.readyObjects, outcome.pendingObjects], [objects, 1, objects]);
    const usualMs = scene.archive.thaw.usualMs(coldClass, 'standard') ?? 0;
    assert.ok(Math.abs(outcome.usuallyReadyAtMs - scene.nowMs() - usualMs) < 60_000);
    await scene.advanceMs?.(usualMs + 60_000);
    const survey = await surveyCold(scene.archive, scene.needed, { nowMs: scene.nowMs() });
    assert.ok(isWithinReach(survey));
  });
  check('looks at few objects while it waits', async (scene) => {
    const counted = withCounts(scene.store);
    const archive = archiveAccess(counted);
    assert.ok(archive);
    const startMs = scene.nowMs();
    await thawObjects({ ...requestOf(scene), archive });
    const waitedMs = scene.nowMs() - startMs;
    const usualMs = scene.archive.thaw.usualMs(coldClass, 'standard') ?? 0;
    assert.ok(waitedMs >= usualMs && waitedMs < usualMs * 1.1, `waited ${waitedMs} of ${usualMs} ms`);
    // a survey of all, then 16 in each of at most 100 rounds, then all once more
    assert.ok(counted.counts.stats <= 4 * objects + 100 * 16, `${counted.counts.stats} looks`);
  });
  check('gives up after three times the usual time', async (scene) => {
    const stuck: ArchiveAccess = {
      ...scene.archive,
      thaw: { ...scene.archive.thaw, stateOf: async () => ({ kind: 'thawing' }) },
    };
    const outcome = await thawObjects({ ...requestOf(scene), archive: stuck });
    assert.equal(outcome.pendingObjects, objects + 1);
  });
}

interface Scene extends ColdStoreUnderTest {
  readonly archive: ArchiveAccess;
  readonly needed: readonly NeededPack[];
}

function requestOf({ archive, needed, nowMs, advanceMs }: Scene): ThawRequest {
  return {
    archive,
    needed,
    wish,
    nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      await advanceMs?.(ms);
    },
  };
}

type Check = (what: string, body: (scene: Scene) => Promise<void>) => void;

function checkerOf(make: () => Promise<ColdStoreUnderTest>, coldClass: string): Check {
  return (what, body) =>
    test(what, async () => {
      const made = await make();
      try {
        await body({ ...made, ...(await coldObjectsIn(made.store, coldClass)) });
      } finally {
        await made.dispose();
      }
    });
}

async function coldObjectsIn(
  store: ObjectStore,
  coldClass: string,
): Promise<{ readonly archive: ArchiveAccess; readonly needed: readonly NeededPack[] }> {
  const archive = archiveAccess(store);
  assert.ok(archive);
  const needed: NeededPack[] = [{ key: 'data/warm', bytes: 4 }];
  await store.put('data/warm', Buffer.from('warm'));
  for (let number = 0; number < objects; number++) {
    const key = `data/cold-${number}`;
    await store.abilities.storageClasses?.putInto(coldClass, key, Buffer.alloc(number + 1, number));
    needed.push({ key, bytes: number + 1 });
  }
  return { archive, needed };
}
