import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { isStoreCut, withFaults } from './fault.ts';
import { openMemoryStore } from './memory/memory-store.ts';

const x = Buffer.from('x');

test('the nth matching call fails before it reaches the store', async () => {
  const inner = openMemoryStore();
  const store = withFaults(inner, [{ kind: 'fail', operation: 'put', keyPrefix: 'data/', nth: 2 }]);
  await store.put('data/1', x);
  await store.put('index/1', x);
  await assert.rejects(store.put('data/2', x), { code: 'STORE_UNAVAILABLE', retryable: true });
  await store.put('data/3', x);
  assert.deepEqual([...inner.objects.keys()], ['data/1', 'index/1', 'data/3']);
});

test('a fault can bring its own error', async () => {
  const error = new LifeboatError('DISK_FULL', 'full');
  const store = withFaults(openMemoryStore(), [{ kind: 'fail', nth: 1, error }]);
  await assert.rejects(Array.fromAsync(store.list('')), error);
});

test('a lost answer raises although the store has done it', async () => {
  const inner = openMemoryStore();
  const store = withFaults(inner, [{ kind: 'fail-after', operation: 'put', nth: 1 }]);
  await assert.rejects(store.put('key', x), { code: 'STORE_UNAVAILABLE' });
  assert.equal(inner.objects.has('key'), true);
});

test('a put can be torn', async () => {
  const inner = openMemoryStore();
  const store = withFaults(inner, [{ kind: 'cut-put', nth: 1, bytes: 4 }]);
  await assert.rejects(store.put('key', Buffer.from('whole object')), { code: 'STORE_UNAVAILABLE' });
  assert.equal(inner.objects.get('key')?.toString(), 'whol');
});

test('one bit of what is read is wrong, and what is stored is not', async () => {
  const inner = openMemoryStore([['key', Buffer.from([0, 0, 0])]]);
  const store = withFaults(inner, [{ kind: 'flip-bit', nth: 1, bit: 9 }]);
  assert.deepEqual(await store.get('key'), Buffer.from([0, 2, 0]));
  assert.deepEqual(await store.get('key'), Buffer.from([0, 0, 0]));
});

test('after a cut nothing reaches the store any more, and the error says so', async () => {
  const inner = openMemoryStore();
  const store = withFaults(inner, [{ kind: 'cut', after: 2 }]);
  await store.put('1', x);
  await store.put('2', x);
  assert.equal(store.isCut(), false);
  for (const call of [
    store.put('3', x),
    store.get('1'),
    store.delete('1'),
    Array.fromAsync(store.list('')),
  ]) {
    await assert.rejects(call, isStoreCut);
  }
  assert.equal(store.isCut(), true);
  assert.equal(store.calls(), 6);
  assert.deepEqual([...inner.objects.keys()], ['1', '2']);
});

test('a cut can count writes of one kind only, and is never retryable', async () => {
  const store = withFaults(openMemoryStore([['key', x]]), [{ kind: 'cut', operation: 'put', after: 1 }]);
  await store.get('key');
  await store.put('1', x);
  await store.get('key');
  await assert.rejects(store.put('2', x), { code: 'STORE_UNAVAILABLE', retryable: false });
});

test('a call that waits when the cut comes never reaches the store', async () => {
  const inner = openMemoryStore();
  const gate = Promise.withResolvers<void>();
  const store = withFaults(inner, [
    { kind: 'delay', keyPrefix: 'slow', nth: 1, until: gate.promise },
    { kind: 'cut', after: 1 },
  ]);
  const slow = store.put('slow', x);
  await assert.rejects(store.put('next', x), isStoreCut);
  gate.resolve();
  await assert.rejects(slow, isStoreCut);
  assert.equal(inner.objects.size, 0);
});

test('calls of abilities count as the operation they come nearest to', async () => {
  const inner = openMemoryStore([], { classes: true, versioned: true });
  const store = withFaults(inner, [
    { kind: 'fail', operation: 'put', nth: 2 },
    { kind: 'cut-put', keyPrefix: 'torn', nth: 1, bytes: 2 },
    { kind: 'cut', operation: 'stat', after: 0 },
  ]);
  const { createOnly, storageClasses, versions } = store.abilities;
  assert.equal(await createOnly?.create('one', Buffer.from('x')), 'created');
  const second = async () => storageClasses?.putInto('STANDARD_IA', 'two', Buffer.from('x'));
  await assert.rejects(second(), { code: 'STORE_UNAVAILABLE', retryable: true });
  assert.equal(inner.objects.has('two'), false);
  const torn = async () => createOnly?.create('torn', Buffer.from('whole'));
  await assert.rejects(torn(), { code: 'STORE_UNAVAILABLE' });
  assert.equal(inner.objects.get('torn')?.toString(), 'wh');
  await assert.rejects(async () => storageClasses?.classOf('one'), isStoreCut);
  await assert.rejects(async () => Array.fromAsync(versions?.listVersions('') ?? []), isStoreCut);
  assert.equal(store.calls(), 5);
});
