/** Work that is cut off before every single call of the store, and goes on afterwards. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { branch, cutRandomly, nearWindow, openLog, readAll } from '../../test/support/log-scene.ts';
import { seededRandom } from '../../test/support/seeded-random.ts';
import { type Fault, isStoreCut, withFaults } from '../object-store/fault.ts';
import { openMemoryStore } from '../object-store/memory/memory-store.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { resumeAt } from './coverage.ts';
import { noMarks } from './log-archive.ts';

const length = 6000;
const window = 3;
const end = nearWindow + BigInt(length);

for (const createOnly of [true, false])
  test(`cut off anywhere, nothing that was durable is lost (${createOnly ? 'with' : 'without'} conditional writes)`, async () => {
    const bytes = seededRandom(42).bytes(length);
    const calls = await callsOf(bytes, createOnly);
    assert.ok(calls > 30, `${calls} calls`);
    for (let after = 0; after < calls; after++) {
      const store = openMemoryStore([], { createOnly });
      const durable = await work(withFaults(store, [{ kind: 'cut', after }]), bytes, after);
      await checkDurable(store, bytes, durable, after);
      const done = await work(store, bytes, 1000 + after);
      assert.equal(done, end);
      assert.ok((await readAll(openLog(store), nearWindow, end)).equals(bytes), `cut after ${after}`);
      assert.deepEqual((await openLog(store).check({ reads: () => true })).findings, []);
      assert.equal(store.objects.size, 2, 'one segment a window');
    }
  });

test('an answer that is lost on the way, or a write that is repeated, stores nothing twice', async () => {
  const bytes = seededRandom(43).bytes(length);
  for (let nth = 1; nth <= 6; nth++) {
    const inner = openMemoryStore();
    const faults: readonly Fault[] = [{ kind: 'fail-after', operation: 'put', nth }];
    await work(withFaults(inner, faults), bytes, nth);
    assert.equal(await work(inner, bytes, 50 + nth), end);
    assert.ok((await readAll(openLog(inner), nearWindow, end)).equals(bytes));
    assert.equal(inner.objects.size, 2);
  }
});

async function callsOf(bytes: Buffer, createOnly: boolean): Promise<number> {
  const store = withFaults(openMemoryStore([], { createOnly }), []);
  await work(store, bytes, 0);
  return store.calls();
}

/** Appends what is missing with several writes at once, and compacts. Gives up to where all was durable. */
async function work(store: ObjectStore, bytes: Buffer, seed: number): Promise<bigint> {
  let durable = nearWindow;
  try {
    const log = openLog(store);
    const [coverage] = await log.coverage();
    const from = resumeAt(coverage, nearWindow);
    const writer = await log.writer(branch, from);
    const cuts = cutRandomly(seededRandom(seed), from, bytes.subarray(Number(from - nearWindow)), 900);
    for (let at = 0; at < cuts.length; at += window) {
      const pieces = cuts.slice(at, at + window).map((cut) => writer.prepare(cut.start, cut.bytes, noMarks));
      const stored = await Promise.allSettled(pieces.reverse().map((piece) => writer.store(piece)));
      const failed = stored.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
      durable = pieces[0]?.end ?? durable;
    }
    durable = end;
    const { findings } = await log.compact({ piecesMax: 2 });
    assert.deepEqual(findings, []);
  } catch (error) {
    if (!isStoreCut(error) && !isInjected(error)) throw error;
  }
  return durable;
}

function isInjected(error: unknown): boolean {
  return error instanceof Error && /was made to fail|lost/.test(error.message);
}

async function checkDurable(
  store: ObjectStore,
  bytes: Buffer,
  durable: bigint,
  after: number,
): Promise<void> {
  if (durable === nearWindow) return;
  const read = await readAll(openLog(store), nearWindow, durable);
  assert.ok(
    read.equals(bytes.subarray(0, read.length)) && nearWindow + BigInt(read.length) === durable,
    `cut after ${after}`,
  );
}
