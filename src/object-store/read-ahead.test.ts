import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../error/lifeboat-error.ts';
import { withCounts } from './count.ts';
import { withFaults } from './fault.ts';
import { openMemoryStore } from './memory/memory-store.ts';
import type { ObjectStore } from './object-store.ts';
import { withReadAhead } from './read-ahead.ts';

const wanted = { objects: ['config', 'absent'], prefixes: ['keys/'] };
const isMissing = (error: unknown): boolean => hasCode(error, 'OBJECT_MISSING');

async function filled() {
  const store = withCounts(openMemoryStore());
  await store.put('config', Buffer.from('config'));
  for (const name of ['keys/1', 'keys/2', 'keys/3']) await store.put(name, Buffer.from(name));
  return store;
}

const keysOf = async (store: ObjectStore, prefix: string): Promise<string[]> =>
  (await Array.fromAsync(store.list(prefix))).map(({ key }) => key);
const textOf = async (store: ObjectStore, key: string): Promise<string> => (await store.get(key)).toString();

test('what is wanted is asked for at once, and answered once with that', async () => {
  const store = await filled();
  const ahead = withReadAhead(store, wanted);
  assert.deepEqual(await keysOf(ahead, 'keys/'), ['keys/1', 'keys/2', 'keys/3']);
  assert.equal((await ahead.stat('config')).size, 6);
  await assert.rejects(ahead.stat('absent'), isMissing);
  for (const name of ['config', 'keys/1', 'keys/2']) assert.equal(await textOf(ahead, name), name);
  await assert.rejects(ahead.get('absent'), isMissing);
  const { gets, stats, lists } = store.counts;
  assert.deepEqual({ gets, stats, lists }, { gets: 4, stats: 0, lists: 1 });
  // others may have changed it since
  await store.put('config', Buffer.from('another'));
  await store.put('absent', Buffer.from('there'));
  await store.delete('keys/1');
  assert.equal(await textOf(ahead, 'config'), 'another');
  assert.equal((await ahead.stat('config')).size, 7);
  assert.equal(await textOf(ahead, 'absent'), 'there');
  assert.deepEqual(await keysOf(ahead, 'keys/'), ['keys/2', 'keys/3']);
});

test('a part of an object is read as it is, and so is all when reading ahead is over', async () => {
  const store = await filled();
  const ahead = withReadAhead(store, wanted);
  await store.put('config', Buffer.from('another'));
  assert.equal((await ahead.get('config', { offset: 0, length: 7 })).toString(), 'another');
  ahead.endReadingAhead();
  await store.delete('keys/2');
  assert.equal(await textOf(ahead, 'config'), 'another');
  assert.deepEqual(await keysOf(ahead, 'keys/'), ['keys/1', 'keys/3']);
});

test('a failure is raised where it is met, and the size of what cannot be read is looked at', async () => {
  const broken = withFaults(await filled(), [{ kind: 'fail', operation: 'list', nth: 1 }]);
  const ahead = withReadAhead(broken, wanted);
  await assert.rejects(keysOf(ahead, 'keys/'), (error) => hasCode(error, 'STORE_UNAVAILABLE'));
  assert.equal((await keysOf(ahead, 'keys/')).length, 3);
  const memory = openMemoryStore([], { classes: true });
  await memory.abilities.storageClasses?.putInto('GLACIER', 'config', Buffer.from('config'));
  const cold = withReadAhead(memory, wanted);
  assert.equal((await cold.stat('config')).size, 6);
  await assert.rejects(cold.get('config'), (error) => hasCode(error, 'OBJECT_COLD'));
});
