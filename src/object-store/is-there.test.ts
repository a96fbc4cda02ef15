import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../error/lifeboat-error.ts';
import { withFaults } from './fault.ts';
import { isThere, statIfThere } from './is-there.ts';
import { openMemoryStore } from './memory/memory-store.ts';

test('what is missing is an answer, and any other failure is raised', async () => {
  const store = openMemoryStore();
  await store.put('config', Buffer.from('four'));
  assert.deepEqual([await isThere(store, 'config'), await isThere(store, 'other')], [true, false]);
  assert.equal((await statIfThere(store, 'config'))?.size, 4);
  assert.equal(await statIfThere(store, 'other'), undefined);
  const failing = withFaults(store, [{ kind: 'fail', operation: 'stat', nth: 1 }]);
  await assert.rejects(isThere(failing, 'config'), (error) => hasCode(error, 'STORE_UNAVAILABLE'));
});
