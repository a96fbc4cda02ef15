import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withCounts } from './count.ts';
import { openMemoryStore } from './memory/memory-store.ts';

test('requests are counted when they begin, bytes when they have arrived', async () => {
  const store = withCounts(openMemoryStore());
  await store.put('key', Buffer.from('12345'));
  await store.get('key', { offset: 1, length: 2 });
  await assert.rejects(store.get('missing'), { code: 'OBJECT_MISSING' });
  await store.stat('key');
  await Array.fromAsync(store.list(''));
  await store.delete('key');
  const expected = { puts: 1, gets: 2, stats: 1, lists: 1, deletes: 1, bytesPut: 5, bytesGot: 2 };
  assert.deepEqual(store.counts, expected);
});
