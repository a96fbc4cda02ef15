import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { appendOnly } from './append-only.ts';
import { withFaults } from './fault.ts';
import { openMemoryStore } from './memory/memory-store.ts';
import { withRetry } from './retry.ts';

const onlyAdds = { code: 'STORE_APPEND_ONLY', retryable: false };
const noWait = { sleep: async () => undefined };

test('the same content may be put again, another one changes nothing', async () => {
  const inner = openMemoryStore();
  const store = appendOnly(inner);
  await store.put('config', Buffer.from('first'));
  await store.put('config', Buffer.from('first'));
  for (const content of ['other', 'longer than it']) {
    await assert.rejects(store.put('config', Buffer.from(content)), {
      code: 'OBJECT_EXISTS',
      message: /config/,
    });
  }
  assert.equal(inner.objects.get('config')?.toString(), 'first');
});

test('what is damaged does not pass for what was put, though its name and its size are right', async () => {
  const bytes = Buffer.from('a pack');
  const id = createHash('sha256').update(bytes).digest('hex');
  for (const key of [`data/${id.slice(0, 2)}/${id}`, `index/${id}`, `lifeboat/repositories/eu/keys/${id}`]) {
    const inner = openMemoryStore();
    const store = appendOnly(inner);
    await store.put(key, bytes);
    await store.put(key, bytes);
    await assert.rejects(store.put(key, Buffer.from('of another length')), { code: 'OBJECT_EXISTS' }, key);
    await inner.put(key, Buffer.from('a p4ck'));
    await assert.rejects(store.put(key, bytes), { code: 'OBJECT_EXISTS' }, key);
  }
});

test('a name made from the content stands for it where the content lies in an archive or is sealed anew', async () => {
  const bytes = Buffer.from('a pack');
  const id = createHash('sha256').update(bytes).digest('hex');
  const inner = openMemoryStore([], { classes: true });
  const store = appendOnly(inner);
  const packKey = `data/${id.slice(0, 2)}/${id}`;
  await store.abilities.storageClasses?.putInto('GLACIER', packKey, bytes);
  await assert.rejects(store.get(packKey), { code: 'OBJECT_COLD' });
  await store.abilities.storageClasses?.putInto('GLACIER', packKey, bytes);
  await assert.rejects(
    async () =>
      await store.abilities.storageClasses?.putInto('GLACIER', packKey, Buffer.from('longer than it')),
    { code: 'OBJECT_EXISTS' },
  );
  const record = `lifeboat/evidence/records/20300101T000000Z-${id.slice(0, 16)}`;
  await store.put(record, Buffer.from('one seal'));
  await store.put(record, Buffer.from('two seal'));
  assert.equal((await store.get(record)).toString(), 'one seal');
});

test('nothing but locks is deleted', async () => {
  const inner = openMemoryStore();
  const store = appendOnly(inner);
  const keys = [
    'locks/a',
    'lifeboat/repositories/eu/locks/b',
    'data/aa/c',
    'lifeboat/locks/d',
    'locks/deep/e',
    'config',
  ];
  for (const key of keys) await store.put(key, Buffer.from(key));
  await store.delete('locks/a');
  await store.delete('locks/a');
  await store.delete('lifeboat/repositories/eu/locks/b');
  for (const key of [...keys.slice(2), 'data/aa/absent'])
    await assert.rejects(store.delete(key), onlyAdds, key);
  assert.deepEqual([...inner.objects.keys()], keys.slice(2));
});

test('an answer that was lost is no conflict when the put is tried again', async () => {
  const inner = openMemoryStore();
  const faulty = withFaults(inner, [{ kind: 'fail-after', operation: 'put', nth: 1 }]);
  const store = withRetry(appendOnly(faulty), noWait);
  await assert.doesNotReject(store.put('config', Buffer.from('content')));
  assert.equal(inner.objects.get('config')?.toString(), 'content');
});

test('of many writers of one name the first is kept, and the others are told', async () => {
  const inner = openMemoryStore();
  const store = appendOnly(inner);
  const puts = ['a', 'b', 'c'].map((content) => store.put('config', Buffer.from(content)));
  const outcomes = await Promise.allSettled(puts);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected'],
  );
  assert.equal(inner.objects.get('config')?.toString(), 'a');
});

test('abilities that take away are refused, those that add remain', async () => {
  const inner = openMemoryStore([], { versioned: true, locked: true, classes: true });
  const { retention, storageClasses, versions, createOnly, thaw } = appendOnly(inner).abilities;
  assert.ok(retention && storageClasses && versions && createOnly && thaw);
  await storageClasses.putInto('GLACIER_IR', 'data/aa/key', Buffer.from('content'));
  assert.equal(await storageClasses.classOf('data/aa/key'), 'GLACIER_IR');
  await storageClasses.putInto('STANDARD', 'data/aa/key', Buffer.from('content'));
  const other = Buffer.from('another');
  await assert.rejects(storageClasses.putInto('STANDARD', 'data/aa/key', other), { code: 'OBJECT_EXISTS' });
  assert.equal(await storageClasses.classOf('data/aa/key'), 'GLACIER_IR');
  await assert.rejects(storageClasses.moveTo('STANDARD', 'data/aa/key'), onlyAdds);
  await retention.retain('data/aa/key', Date.UTC(2040, 0));
  assert.equal((await retention.retentionOf('data/aa/key')).untilMs, Date.UTC(2040, 0));
  await retention.setLegalHold('data/aa/key', true);
  await assert.rejects(retention.setLegalHold('data/aa/key', false), onlyAdds);
  assert.equal((await retention.retentionOf('data/aa/key')).legalHold, true);
  const [version] = await Array.fromAsync(versions.listVersions(''));
  assert.ok(version);
  assert.equal((await versions.getVersion(version.key, version.versionId)).toString(), 'content');
  await assert.rejects(versions.deleteVersion(version.key, version.versionId), onlyAdds);
});

test('a store that cannot create is named as unfit', async () => {
  const inner = openMemoryStore([], { createOnly: false, classes: true });
  const store = appendOnly(inner);
  const unfit = { code: 'STORE_UNFIT' };
  await assert.rejects(store.put('config', Buffer.from('x')), unfit);
  const putInto = async () => store.abilities.storageClasses?.putInto('GLACIER', 'data', Buffer.from('x'));
  await assert.rejects(putInto(), unfit);
  assert.equal(inner.objects.size, 0);
});
