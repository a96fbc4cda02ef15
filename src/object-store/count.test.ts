import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsBetween, withCounts } from './count.ts';
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

test('what abilities do is counted as the request it comes nearest to', async () => {
  const store = withCounts(openMemoryStore([], { versioned: true, locked: true, classes: true }));
  const { createOnly, retention, storageClasses, versions } = store.abilities;
  await createOnly?.create('key', Buffer.from('12345'));
  await storageClasses?.putInto('STANDARD_IA', 'other', Buffer.from('123'));
  const before = { ...store.counts };
  await retention?.retain('key', Date.UTC(2030, 0));
  await retention?.retentionOf('key');
  await storageClasses?.classOf('other');
  const [version] = await Array.fromAsync(versions?.listVersions('other') ?? []);
  await versions?.getVersion('other', version?.versionId ?? '');
  await versions?.deleteVersion('other', version?.versionId ?? '');
  const rest = { gets: 1, stats: 2, lists: 1, deletes: 1, bytesGot: 3 };
  assert.deepEqual(store.counts, { puts: 3, bytesPut: 8, ...rest });
  assert.deepEqual(countsBetween(before, store.counts), { puts: 1, bytesPut: 0, ...rest });
});

test('each page of a list is a request', async () => {
  const keys = Array.from({ length: 2001 }, (_, n) => [`data/${n}`, Buffer.alloc(0)] as const);
  const store = withCounts(openMemoryStore(keys));
  await Array.fromAsync(store.list('data/1'));
  assert.equal(store.counts.lists, 2);
  await Array.fromAsync(store.list(''));
  assert.equal(store.counts.lists, 5);
});
