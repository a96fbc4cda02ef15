import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withFaults } from './fault.ts';
import { withLimit } from './limit.ts';
import { openMemoryStore } from './memory/memory-store.ts';

/** A store whose requests are under way until they are let go, one limit before it. */
function held(requestsMax: number, keys: readonly string[]) {
  const gates = new Map(keys.map((key) => [key, Promise.withResolvers<void>()] as const));
  const script = keys.map((key) => ({
    kind: 'delay' as const,
    keyPrefix: key,
    nth: 1,
    until: gates.get(key)?.promise ?? Promise.resolve(),
  }));
  const inner = withFaults(openMemoryStore(), script);
  return { inner, store: withLimit(inner, requestsMax), letGo: (key: string) => gates.get(key)?.resolve() };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('no more requests than allowed are under way, and the waiting come in their order', async () => {
  const keys = ['a', 'b', 'c', 'd', 'e'];
  const { inner, store, letGo } = held(2, keys);
  const done: string[] = [];
  const puts = keys.map((key) => store.put(key, Buffer.from(key)).then(() => done.push(key)));
  for (const [index, key] of keys.entries()) {
    await settled();
    assert.equal(inner.calls(), Math.min(index + 2, keys.length));
    letGo(key);
  }
  await Promise.all(puts);
  assert.deepEqual(done, keys);
});

test('a request that fails makes room for the next', async () => {
  const store = withLimit(openMemoryStore(), 1);
  await assert.rejects(store.get('missing'), { code: 'OBJECT_MISSING' });
  await store.put('key', Buffer.from('x'));
  assert.deepEqual(await store.stat('key'), { size: 1 });
});

test('a waiting request that is aborted leaves the queue and takes no place', async () => {
  const { inner, store, letGo } = held(1, ['a']);
  const controller = new AbortController();
  const first = store.put('a', Buffer.from('a'));
  const second = store.put('b', Buffer.from('b'), controller.signal);
  const third = store.put('c', Buffer.from('c'));
  controller.abort(new Error('left'));
  await assert.rejects(second, /left/);
  letGo('a');
  await Promise.all([first, third]);
  assert.equal(inner.calls(), 2);
});

test('a list that is read halfway holds no place', async () => {
  const store = withLimit(
    openMemoryStore([
      ['a', Buffer.from('a')],
      ['b', Buffer.from('b')],
    ]),
    1,
  );
  const list = store.list('')[Symbol.asyncIterator]();
  await list.next();
  assert.equal((await store.get('b')).toString(), 'b');
});
