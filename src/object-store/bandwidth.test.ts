import assert from 'node:assert/strict';
import { test } from 'node:test';
import { virtualTime } from '../../test/support/virtual-time.ts';
import { withBandwidth } from './bandwidth.ts';
import { withCounts } from './count.ts';
import { openMemoryStore } from './memory/memory-store.ts';

const mb = 1_000_000;

function near(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= expected * 0.1, `${what}: ${actual}, expected about ${expected}`);
}

for (const bytesPerSecond of [1000, 300_000, 20 * mb]) {
  test(`puts take their time at ${bytesPerSecond} bytes a second`, async () => {
    const time = virtualTime();
    const store = withBandwidth(openMemoryStore(), { uploadBytesPerSecond: bytesPerSecond }, time);
    const sizes = [0.1, 2, 0.5, 0.05, 1.35].map((seconds) => Math.round(seconds * bytesPerSecond));
    await time.run(Promise.all(sizes.map((size, n) => store.put(`${n}`, Buffer.alloc(size)))));
    near(time.nowMs(), 4000, 'milliseconds');
  });
}

test('gets take their time, of a range and of the whole, and those of abilities', async () => {
  const time = virtualTime();
  const inner = openMemoryStore([['key', Buffer.alloc(mb)]], { versioned: true });
  const store = withBandwidth(inner, { downloadBytesPerSecond: mb }, time);
  await time.run(store.get('key'));
  near(time.nowMs(), 1000, 'whole');
  await time.run(store.get('key', { offset: 0, length: mb / 2 }));
  near(time.nowMs(), 1500, 'range');
  const [version] = await Array.fromAsync(store.abilities.versions?.listVersions('') ?? []);
  await time.run(Promise.resolve(store.abilities.versions?.getVersion('key', version?.versionId ?? '')));
  near(time.nowMs(), 2500, 'version');
  await time.run(store.put('other', Buffer.alloc(5 * mb)));
  near(time.nowMs(), 2500, 'a put is not limited');
});

test('what abilities carry to the store counts as well', async () => {
  const time = virtualTime();
  const store = withBandwidth(openMemoryStore([], { classes: true }), { uploadBytesPerSecond: mb }, time);
  const { createOnly, storageClasses } = store.abilities;
  await time.run(Promise.resolve(createOnly?.create('a', Buffer.alloc(mb))));
  await time.run(Promise.resolve(storageClasses?.putInto('STANDARD', 'b', Buffer.alloc(mb))));
  await time.run(Promise.resolve(storageClasses?.createInto?.('STANDARD', 'c', Buffer.alloc(mb))));
  near(time.nowMs(), 3000, 'milliseconds');
});

test('a small request does not wait for the whole of a large one', async () => {
  const time = virtualTime();
  const store = withBandwidth(openMemoryStore(), { uploadBytesPerSecond: mb }, time);
  const large = store.put('large', Buffer.alloc(10 * mb));
  let smallAtMs = 0;
  const small = store.put('small', Buffer.alloc(10_000)).then(() => {
    smallAtMs = time.nowMs();
  });
  await time.run(Promise.all([large, small]));
  assert.ok(smallAtMs < 100, `the small one was done after ${smallAtMs} ms`);
  near(time.nowMs(), 10_000, 'both');
});

test('equal requests get equal shares', async () => {
  const time = virtualTime();
  const store = withBandwidth(openMemoryStore(), { uploadBytesPerSecond: mb }, time);
  const ends: number[] = [];
  const put = (key: string) => store.put(key, Buffer.alloc(2 * mb)).then(() => ends.push(time.nowMs()));
  await time.run(Promise.all(['a', 'b', 'c'].map(put)));
  for (const end of ends) near(end, 6000, 'end');
});

test('an aborted request leaves, sends nothing and takes no further share', async () => {
  const time = virtualTime();
  const inner = withCounts(openMemoryStore());
  const store = withBandwidth(inner, { uploadBytesPerSecond: mb }, time);
  const controller = new AbortController();
  const large = store.put('large', Buffer.alloc(100 * mb), controller.signal);
  const other = store.put('other', Buffer.alloc(mb));
  const abort = time.sleep(500).then(() => controller.abort(new Error('left')));
  await assert.rejects(time.run(Promise.all([large, abort])), /left/);
  await time.run(other);
  near(time.nowMs(), 1250, 'the other has the rest for itself');
  assert.equal(inner.counts.puts, 1);
});

test('nothing is saved up for a burst while nobody asks', async () => {
  const time = virtualTime();
  const store = withBandwidth(openMemoryStore(), { uploadBytesPerSecond: mb }, time);
  await time.run(time.sleep(60_000));
  await time.run(store.put('key', Buffer.alloc(2 * mb)));
  near(time.nowMs() - 60_000, 2000, 'milliseconds');
});

test('lists, looks and deletions pass at once', async () => {
  const time = virtualTime();
  const inner = openMemoryStore([['key', Buffer.alloc(mb)]]);
  const store = withBandwidth(inner, { uploadBytesPerSecond: 1, downloadBytesPerSecond: 1 }, time);
  await store.stat('key');
  assert.equal((await Array.fromAsync(store.list(''))).length, 1);
  await store.delete('key');
  assert.equal(time.nowMs(), 0);
});
