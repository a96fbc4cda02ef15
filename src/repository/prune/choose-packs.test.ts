/** Random repositories: whatever is chosen and settled, nothing that is used is lost, and nothing useless stays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BlobIndex } from '../index/blob-index.ts';
import { entryBytes, headerLengthBytes, type PackedBlob, sealOverheadBytes } from '../pack/pack-header.ts';
import { type ChooseOptions, choosePacks } from './choose-packs.ts';
import { groupByPack, type Places, placesOf } from './places.ts';
import { bitsOf, type MarkedPack } from './prune-marks.ts';
import { settleMarks } from './settle-marks.ts';

/** Which blobs lie in which pack; a blob may lie in several. Blob numbers below 50 are trees. */
interface Sketch {
  readonly packs: readonly (readonly number[])[];
  readonly used: ReadonlySet<number>;
}

const usedFlag = 2;
const idOf = (prefix: string, number: number) => prefix + number.toString(16).padStart(63, '0');

const sketches: fc.Arbitrary<Sketch> = fc
  .array(fc.uniqueArray(fc.nat(99), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 25 })
  .chain((packs) =>
    fc.record({
      packs: fc.constant(packs),
      used: fc.subarray([...new Set(packs.flat())]).map((blobs) => new Set(blobs)),
    }),
  );

function placesFrom({ packs }: Sketch): Places {
  const index = new BlobIndex();
  const sizes: number[] = [];
  for (const [number, blobs] of packs.entries()) {
    let offset = 0;
    const packed = blobs.map((blob): PackedBlob => {
      const length = 1000 + blob * 10;
      const entry = {
        id: idOf('b', blob),
        type: blob < 50 ? ('tree' as const) : ('data' as const),
        offset,
        length,
        uncompressedLength: 5000,
      };
      offset += length;
      return entry;
    });
    index.addPack(idOf('a', number), packed);
    sizes.push(
      packed.reduce(
        (sum, blob) => sum + blob.length + entryBytes(blob),
        sealOverheadBytes + headerLengthBytes,
      ),
    );
  }
  return {
    index,
    files: [{ id: 'f'.repeat(64), blobs: index.size }],
    filesOfPack: packs.map(() => [0]),
    packBytes: Float64Array.from(sizes),
    firsts: Uint32Array.from({ length: index.size }, (_, place) => index.firstPlace(place)),
    unreferenced: new Map(),
    ...groupByPack(index),
  };
}

function usedBlobs(places: Places, { used }: Sketch): Uint8Array {
  const blobs = new Uint8Array(places.index.size);
  for (const [place, first] of places.firsts.entries()) {
    const number = Number.parseInt(places.index.entryAt(place).id.slice(1), 16);
    if (place === first && used.has(number)) blobs[place] = usedFlag;
  }
  return blobs;
}

function optionsFor(places: Places, percent: number): ChooseOptions {
  return {
    maxUnused: { percent },
    smallPackBytes: 4000,
    version: 2,
    givenUp: new Uint8Array(places.index.size),
    fixed: new Uint8Array(places.index.packIds.length),
    suspected: new Uint8Array(places.index.packIds.length),
  };
}

/** What a mark would say of the choice. */
function marksOf(places: Places, choice: ReturnType<typeof choosePacks>): Map<string, MarkedPack> {
  const marks = new Map<string, MarkedPack>();
  const add = (pack: number, kind: 'unused' | 'rewrite') => {
    const own = placesOf(places, pack);
    const id = places.index.packIds[pack] ?? '';
    const gone = bitsOf(Array.from(own, (place) => choice.kept[place] !== 1));
    marks.set(id, { id, kind, bytes: 0, blobs: own.length, gone });
  };
  for (const { pack } of choice.unused) add(pack, 'unused');
  for (const { pack } of choice.rewritten) add(pack, 'rewrite');
  return marks;
}

/** The repository after the sweep: packs that stay, and one new pack with all that moved, a kind. */
function sweptSketch(
  sketch: Sketch,
  places: Places,
  marks: Map<string, MarkedPack>,
  used: Uint8Array,
  suspected = new Uint8Array(places.index.packIds.length),
): Sketch {
  const { removed, moved } = settleMarks(places, used, marks, suspected);
  const numberOf = (place: number) => Number.parseInt(places.index.entryAt(place).id.slice(1), 16);
  const movedBlobs = [...moved.values()].flat().map(numberOf);
  const staying = sketch.packs.filter((_, pack) => !removed.has(pack));
  const fresh = [movedBlobs.filter((blob) => blob < 50), movedBlobs.filter((blob) => blob >= 50)];
  return { packs: [...staying, ...fresh.filter(({ length }) => length > 0)], used: sketch.used };
}

test('after mark and sweep every used blob is there, useless packs are gone, and a second time nothing is left to do', () => {
  fc.assert(
    fc.property(sketches, fc.constantFrom(0, 5, 30), (sketch, percent) => {
      const places = placesFrom(sketch);
      const used = usedBlobs(places, sketch);
      const choice = choosePacks(places, used, optionsFor(places, percent));
      const after = sweptSketch(sketch, places, marksOf(places, choice), used);
      const there = new Set(after.packs.flat());
      for (const blob of sketch.used) assert.ok(there.has(blob), `blob ${blob} is lost`);
      for (const pack of after.packs) assert.ok(pack.some((blob) => sketch.used.has(blob)));
      if (percent === 0) {
        assert.equal(after.packs.flat().length, there.size, 'no duplicates stay');
        assert.deepEqual(there, new Set(sketch.used));
      }
      const again = placesFrom(after);
      const second = choosePacks(again, usedBlobs(again, after), optionsFor(again, percent));
      assert.deepEqual(second.unused, []);
    }),
    { numRuns: 500 },
  );
});

test('no more is wasted than was allowed, unless a pack that is large enough wastes less', () => {
  fc.assert(
    fc.property(sketches, fc.constantFrom(0, 5, 30), (sketch, percent) => {
      const places = placesFrom(sketch);
      const choice = choosePacks(places, usedBlobs(places, sketch), optionsFor(places, percent));
      assert.ok(choice.wastedBytes <= (percent / (100 - percent)) * choice.usedBytes);
    }),
    { numRuns: 500 },
  );
});

/** Packs of 350 kB each, of which all but the first blob is used: that one has 1,500 bytes or a little more. */
function packsThatWasteLittle(count: number): Sketch {
  const packs = Array.from({ length: count }, (_, pack) => [
    50 + pack,
    ...Array.from({ length: 31 }, (_unused, blob) => 1000 + pack * 31 + blob),
  ]);
  return { packs, used: new Set(packs.flatMap(([, ...used]) => used)) };
}

function rewrittenOf(sketch: Sketch, options: Partial<ChooseOptions>): number {
  const places = placesFrom(sketch);
  const choice = choosePacks(places, usedBlobs(places, sketch), { ...optionsFor(places, 5), ...options });
  assert.deepEqual(choice.unused, []);
  return choice.rewritten.length;
}

test('no pack is rewritten for next to nothing, unless nothing may lie unused or there are many small ones', () => {
  const small = { smallPackBytes: 1_000_000 };
  assert.equal(rewrittenOf(packsThatWasteLittle(9), small), 0);
  assert.equal(rewrittenOf(packsThatWasteLittle(9), { ...small, maxUnused: { percent: 0 } }), 9);
  assert.equal(rewrittenOf(packsThatWasteLittle(9), { ...small, maxUnused: { bytes: 0 } }), 9);
  for (const bytes of [Number.POSITIVE_INFINITY, 200_000])
    assert.equal(rewrittenOf(packsThatWasteLittle(9), { ...small, maxUnused: { bytes } }), 0, `${bytes}`);
  assert.equal(rewrittenOf(packsThatWasteLittle(10), small), 10, 'these are put together');
  const more = packsThatWasteLittle(2);
  const [first = []] = more.packs;
  const wasteful = { packs: more.packs, used: new Set([...more.used].filter((blob) => blob !== first[1])) };
  assert.equal(rewrittenOf(wasteful, small), 1, 'a small one that wastes more is rewritten');
  const large = { smallPackBytes: 1 };
  assert.equal(rewrittenOf(wasteful, large), 0);
  assert.equal(rewrittenOf(wasteful, { ...large, maxUnused: { percent: 1 } }), 1);
  assert.equal(rewrittenOf(wasteful, { ...large, maxUnused: { bytes: 10_000 } }), 1);
  assert.equal(rewrittenOf(wasteful, { ...large, maxUnused: { bytes: 20_000 } }), 0);
});

test('what is used again after the mark stays, whatever the mark says', () => {
  fc.assert(
    fc.property(sketches, fc.func(fc.boolean()), (sketch, isUsedAgain) => {
      const places = placesFrom(sketch);
      const choice = choosePacks(places, usedBlobs(places, sketch), optionsFor(places, 0));
      const later = {
        packs: sketch.packs,
        used: new Set(sketch.packs.flat().filter((blob) => sketch.used.has(blob) || isUsedAgain(blob))),
      };
      const after = sweptSketch(later, places, marksOf(places, choice), usedBlobs(places, later));
      const there = new Set(after.packs.flat());
      for (const blob of later.used) assert.ok(there.has(blob), `blob ${blob} is lost`);
    }),
    { numRuns: 500 },
  );
});

test('what a mark of a pack to be rewritten does not give up moves, though nothing uses it now: a writer may rely on it', () => {
  fc.assert(
    fc.property(sketches, (sketch) => {
      const places = placesFrom(sketch);
      const choice = choosePacks(places, usedBlobs(places, sketch), optionsFor(places, 0));
      const marks = marksOf(places, choice);
      const later = { packs: sketch.packs, used: new Set<number>() };
      const after = sweptSketch(later, places, marks, usedBlobs(places, later));
      const there = new Set(after.packs.flat());
      for (const blob of sketch.used) assert.ok(there.has(blob), `blob ${blob} is lost`);
    }),
    { numRuns: 500 },
  );
});

test('of a blob that lies in two packs the one stays that may not be damaged, also when a mark knew nothing of it', () => {
  fc.assert(
    fc.property(sketches, fc.func(fc.boolean()), (sketch, isSuspected) => {
      const places = placesFrom(sketch);
      const used = usedBlobs(places, sketch);
      const flags = Uint8Array.from(sketch.packs, (_, pack) => (isSuspected(pack) ? 1 : 0));
      const trusted = sketch.packs.filter((_, pack) => flags[pack] === 0).flat();
      const options = { ...optionsFor(places, 0), suspected: flags, fixed: flags.slice() };
      const before = marksOf(places, choosePacks(places, used, optionsFor(places, 0)));
      for (const marks of [marksOf(places, choosePacks(places, used, options)), before]) {
        const { removed, moved } = settleMarks(places, used, marks, flags);
        const staying = sketch.packs.filter((_, pack) => !removed.has(pack) && flags[pack] === 0).flat();
        const movedFrom = [...moved].filter(([pack]) => flags[pack] === 0);
        const numberOf = (place: number) => Number.parseInt(places.index.entryAt(place).id.slice(1), 16);
        const left = new Set([...staying, ...movedFrom.flatMap(([, own]) => own.map(numberOf))]);
        for (const blob of trusted)
          if (sketch.used.has(blob)) assert.ok(left.has(blob), `blob ${blob} is left in doubt`);
      }
    }),
    { numRuns: 500 },
  );
});

test('small packs are put together once, and packs of one kind that are whole stay', () => {
  const sketch = { packs: Array.from({ length: 12 }, (_, pack) => [60 + pack]), used: new Set<number>() };
  for (const [blob] of sketch.packs) sketch.used.add(blob ?? 0);
  const places = placesFrom(sketch);
  const used = usedBlobs(places, sketch);
  const marks = marksOf(places, choosePacks(places, used, optionsFor(places, 5)));
  assert.equal(marks.size, 12);
  assert.deepEqual(settleMarks(places, used, marks, new Uint8Array(12)).neededAgain, []);
  const after = sweptSketch(sketch, places, marks, used);
  assert.deepEqual(after.packs, [sketch.packs.flat()]);
});

test('a blob whose only pack is gone is named, and nothing is chosen', () => {
  const sketch = { packs: [[60, 61], [62]], used: new Set([60, 62]) };
  const places = placesFrom(sketch);
  places.packBytes[1] = -1;
  assert.throws(() => choosePacks(places, usedBlobs(places, sketch), optionsFor(places, 5)), {
    code: 'VAULT_DAMAGED',
    message: /data blob b0+3e,/,
  });
});
