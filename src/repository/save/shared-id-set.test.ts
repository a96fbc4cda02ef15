import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { SharedIdSet } from './shared-id-set.ts';

const ids = 50_000;

test('a set of ids behaves like a set', () => {
  const id = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .filter((bytes) => bytes.some((byte) => byte !== 0));
  fc.assert(
    fc.property(fc.array(id, { maxLength: 200 }), (claims) => {
      const set = SharedIdSet.create(0);
      const model = new Set<string>();
      for (const claim of [...claims, ...claims]) {
        const name = Buffer.from(claim).toString('hex');
        assert.equal(set.claim(claim), !model.has(name));
        model.add(name);
      }
    }),
  );
});

test('ids that begin alike are told apart', () => {
  const set = SharedIdSet.create(0);
  const id = Buffer.alloc(32, 7);
  for (let last = 0; last < 256; last++) {
    id[31] = last;
    assert.equal(set.claim(id), true);
    assert.equal(set.claim(id), false);
  }
});

/** Both claim all ids, each beginning elsewhere, and tell which they got. */
const claimant = `
const { parentPort, workerData } = require('node:worker_threads');
const { createHash } = require('node:crypto');
import(workerData.module).then(({ SharedIdSet }) => {
  const set = SharedIdSet.attach(workerData.memory);
  const gate = new Int32Array(workerData.gate);
  const got = new Uint8Array(workerData.ids);
  Atomics.add(gate, 0, 1);
  Atomics.notify(gate, 0);
  while (Atomics.load(gate, 0) < 2) Atomics.wait(gate, 0, Atomics.load(gate, 0), 10);
  for (let count = 0; count < workerData.ids; count++) {
    const n = (count + workerData.start) % workerData.ids;
    if (set.claim(createHash('sha256').update(String(n)).digest())) got[n]++;
  }
  parentPort.postMessage(got);
});`;

test('of two threads that claim the same ids at once, exactly one gets each, through several segments', async () => {
  const set = SharedIdSet.create(0);
  const bytesBefore = set.memory.byteLength;
  const gate = new SharedArrayBuffer(4);
  const module = new URL('./shared-id-set.ts', import.meta.url).href;
  const results = await Promise.all(
    [0, 500].map(async (start): Promise<Uint8Array> => {
      const workerData = { memory: set.memory, gate, module, ids, start };
      const worker = new Worker(claimant, { eval: true, workerData });
      const [got] = await once(worker, 'message');
      await worker.terminate();
      return got;
    }),
  );
  const [one, other] = results;
  assert.ok(one && other);
  const wrong = Array.from({ length: ids }, (_, n) => (one[n] ?? 0) + (other[n] ?? 0)).filter((n) => n !== 1);
  assert.deepEqual(wrong, []);
  assert.ok(one.includes(1) && other.includes(1), 'both got some');
  assert.ok(set.memory.byteLength > bytesBefore * 8);
  for (let n = 0; n < ids; n++)
    assert.equal(set.claim(createHash('sha256').update(String(n)).digest()), false);
});
