import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { appendOnly } from '../object-store/append-only.ts';
import { openMemoryStore } from '../object-store/memory/memory-store.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { bringBack } from './bring-back.ts';
import { type DeletedRequest, deletedObjects } from './deleted-objects.ts';

const all: DeletedRequest = { sinceMs: 0, withKeys: true };

function named(text: string, kind = 'data/ab'): { readonly key: string; readonly bytes: Buffer } {
  const bytes = Buffer.from(text);
  return { key: `${kind}/${createHash('sha256').update(bytes).digest('hex')}`, bytes };
}

/** With versions; the clock goes on by a second with each look at it. */
function versioned(): ObjectStore {
  let nowMs = 1_000_000;
  return openMemoryStore([], { versioned: true, nowMs: () => (nowMs += 1000) });
}

async function back(store: ObjectStore, request = all) {
  const { objects } = await deletedObjects(store, request);
  const ends = await Promise.all(objects.map((object) => bringBack(store, object)));
  return ends.map(({ object, how }) => [object.key, how]);
}

test('what lies under the mark of its deletion is uncovered, whatever its name says', async () => {
  const store = versioned();
  const pack = named('a pack');
  for (const { key, bytes } of [pack, { key: 'config', bytes: Buffer.from('sealed') }]) {
    await store.put(key, bytes);
    await store.delete(key);
  }
  await store.put('data/cd/other', Buffer.from('there'));
  assert.deepEqual(await back(store), [
    ['config', 'uncovered'],
    [pack.key, 'uncovered'],
  ]);
  assert.deepEqual(await store.get(pack.key), pack.bytes);
  assert.equal((await store.get('config')).toString(), 'sealed');
  assert.deepEqual(await back(store), []);
});

test('with credentials that only add it is put again', async () => {
  const store = versioned();
  const { key, bytes } = named('a pack');
  await store.put(key, bytes);
  await store.delete(key);
  assert.deepEqual(await back(appendOnly(store)), [[key, 'put-again']]);
  assert.deepEqual(await store.get(key), bytes);
});

test('of several contents the one that the name says comes back, covered or deleted', async () => {
  const store = versioned();
  const [covered, deleted, hopeless] = [
    named('first'),
    named('second', 'index'),
    named('third', 'snapshots'),
  ];
  for (const { key, bytes } of [covered, deleted, hopeless])
    await store.put(key, key === hopeless.key ? Buffer.from('never right') : bytes);
  for (const { key } of [covered, deleted, hopeless]) await store.put(key, Buffer.from('junk'));
  await store.delete(deleted.key);
  assert.deepEqual(await back(store), [
    [covered.key, 'put-again'],
    [deleted.key, 'put-again'],
    [hopeless.key, 'failed'],
  ]);
  for (const { key, bytes } of [covered, deleted]) assert.deepEqual(await store.get(key), bytes);
});

test('keys come back only when they are asked for; locks, probes and what was deleted before never', async () => {
  const store = versioned();
  const [early, late, key] = [named('early'), named('late'), named('a key', 'keys')];
  const others = ['locks/x', 'lifeboat/probe/x', 'lifeboat/prune/x', `lifeboat/spare/${key.key}`];
  for (const name of [early.key, late.key, key.key, ...others]) await store.put(name, named('late').bytes);
  await store.delete(early.key);
  const { objects } = await deletedObjects(store, all);
  const sinceMs = Number(objects[0]?.atMs) + 1;
  for (const name of [late.key, key.key, ...others]) await store.delete(name);
  const found = await deletedObjects(store, { sinceMs, withKeys: false });
  assert.deepEqual(
    found.objects.map((object) => object.key),
    [late.key],
  );
  assert.deepEqual(found.keys, [key.key, `lifeboat/spare/${key.key}`]);
  const withKeys = await deletedObjects(store, { sinceMs, withKeys: true });
  assert.deepEqual([withKeys.objects.length, withKeys.keys], [3, []]);
});

test('a store without versions is no place to look', async () => {
  await assert.rejects(deletedObjects(openMemoryStore(), all), { code: 'STORE_UNFIT' });
});
