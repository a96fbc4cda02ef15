import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeStore } from './compose-store.ts';
import { withFaults } from './fault.ts';
import { openMemoryStore } from './memory/memory-store.ts';
import { withRetry } from './retry.ts';

const noWait = { sleep: async () => undefined };

test('every try is counted', async () => {
  const faulty = withFaults(openMemoryStore(), [{ kind: 'fail', operation: 'put', nth: 1, times: 2 }]);
  const store = composeStore(faulty);
  await withRetry(store, noWait).put('key', Buffer.from('123'));
  assert.deepEqual(store.counts, {
    puts: 3,
    gets: 0,
    stats: 0,
    lists: 0,
    deletes: 0,
    bytesPut: 3,
    bytesGot: 0,
  });
});

test('an append-only store refuses at once, and goes on after a lost answer', async () => {
  const inner = openMemoryStore();
  const faulty = withFaults(inner, [{ kind: 'fail-after', operation: 'put', nth: 1 }]);
  const composed = composeStore(faulty, { appendOnly: true });
  const store = withRetry(composed, noWait);
  await store.put('config', Buffer.from('first'));
  await assert.rejects(store.put('config', Buffer.from('other')), { code: 'OBJECT_EXISTS' });
  await assert.rejects(store.delete('config'), { code: 'STORE_APPEND_ONLY' });
  assert.equal(inner.objects.get('config')?.toString(), 'first');
  assert.equal(composed.counts.deletes, 0);
});

test('connections and bandwidth are limited as asked for', async () => {
  const gate = Promise.withResolvers<void>();
  const faulty = withFaults(
    openMemoryStore(),
    ['a', 'b', 'c'].map((keyPrefix) => ({ kind: 'delay', keyPrefix, nth: 1, until: gate.promise }) as const),
  );
  const limits = { connections: 2, uploadBytesPerSecond: 1_000_000 };
  const store = composeStore(faulty, { limits });
  assert.equal(store.facts.connections, 2);
  const puts = ['a', 'b', 'c'].map((key) => store.put(key, Buffer.alloc(10)));
  while (faulty.calls() < 2) await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(faulty.calls(), 2);
  gate.resolve();
  await Promise.all(puts);
  assert.equal(store.counts.puts, 3);
});
