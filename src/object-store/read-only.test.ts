import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listed } from '../../test/support/listed.ts';
import { openMemoryStore } from './memory/memory-store.ts';
import { readOnly } from './read-only.ts';

test('reads pass, and writes are refused and change nothing', async () => {
  const inner = openMemoryStore([['key', Buffer.from('x')]]);
  const store = readOnly(inner);
  await assert.rejects(store.put('new', Buffer.from('y')), { code: 'STORE_READ_ONLY', message: /new/ });
  await assert.rejects(store.delete('key'), { code: 'STORE_READ_ONLY', message: /key/ });
  assert.equal((await store.get('key')).toString(), 'x');
  assert.deepEqual(await store.stat('key'), { size: 1 });
  assert.deepEqual(await listed(store), [{ key: 'key', size: 1 }]);
  assert.deepEqual([...inner.objects.keys()], ['key']);
});
