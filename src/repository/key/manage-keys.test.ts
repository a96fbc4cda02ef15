import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MemoryStore, openMemoryStore } from '../../object-store/memory/memory-store.ts';
import { newMasterKey } from '../../seal/key-file.ts';
import { addKey, listKeys, removeKey } from './manage-keys.ts';
import { openKey } from './open-key.ts';

const masterKey = newMasterKey();
const facts = { username: 'u', hostname: 'h', created: '2026-01-01T00:00:00Z', kdf: { N: 2, r: 1, p: 1 } };

async function withKeys(...passwords: readonly string[]): Promise<{ store: MemoryStore; ids: string[] }> {
  const store = openMemoryStore();
  const ids: string[] = [];
  for (const password of passwords) ids.push(await addKey(store, masterKey, { password, ...facts }));
  return { store, ids };
}

test('each password opens the same master key', async () => {
  const { store, ids } = await withKeys('one', 'zwölf', '');
  for (const [n, password] of ['one', 'zwölf', ''].entries()) {
    const opened = await openKey(store, password);
    assert.equal(opened.id, ids[n]);
    assert.deepEqual(opened.masterKey, masterKey);
  }
  await assert.rejects(openKey(store, 'two'), { code: 'WRONG_PASSWORD', message: /none of the 3 keys/ });
});

test('keys are listed with who made them, the current one marked', async () => {
  const { store, ids } = await withKeys('one', 'two');
  const [, second = ''] = ids;
  const keys = await listKeys(store, second);
  assert.deepEqual(keys.map(({ id }) => id).sort(), [...ids].sort());
  assert.deepEqual(
    keys.filter((key) => key.current).map(({ id }) => id),
    [second],
  );
  for (const { username, hostname, created, problem } of keys)
    assert.deepEqual([username, hostname, created, problem], ['u', 'h', facts.created, undefined]);
});

test('a key is removed by a prefix that is its own, but not the current one', async () => {
  const { store, ids } = await withKeys('one', 'two');
  const [first = '', second = ''] = ids;
  await assert.rejects(removeKey(store, first, first), { code: 'KEY_IN_USE' });
  await assert.rejects(removeKey(store, first, ''), { code: 'KEY_NOT_FOUND' });
  await assert.rejects(removeKey(store, first, 'zz'), { code: 'KEY_NOT_FOUND' });
  await removeKey(store, first, second.slice(0, 16));
  await assert.rejects(openKey(store, 'two'), { code: 'WRONG_PASSWORD' });
  assert.equal((await openKey(store, 'one')).id, first);
});

test('damaged key files are passed over and named', async () => {
  const { store, ids } = await withKeys('one', 'two', 'three');
  const [first, second] = [`keys/${ids[0]}`, `keys/${ids[1]}`];
  const bytes = Buffer.from(store.objects.get(first) ?? '');
  await store.put(first, bytes.subarray(0, 50));
  const salted = Buffer.from(store.objects.get(second) ?? '');
  const salt = salted.indexOf('"salt":"') + 12;
  salted[salt] = salted[salt] === 0x41 ? 0x42 : 0x41;
  await store.put(second, salted);
  await assert.rejects(openKey(store, 'one'), (error: Error) => {
    assert.match(error.message, /none of the 1 keys/);
    for (const key of [first, second]) assert.ok(error.message.includes(key));
    return true;
  });
  const opened = await openKey(store, 'three');
  const keys = await listKeys(store, opened.id);
  assert.deepEqual(keys.map(({ problem }) => problem !== undefined).sort(), [false, true, true]);
  await store.delete(`keys/${ids[2]}`);
  await assert.rejects(openKey(store, 'three'), { code: 'OBJECT_DAMAGED' });
});

test('not more than twenty keys are tried, and the error says so', async () => {
  const passwords = Array.from({ length: 23 }, (_, n) => `password ${n}`);
  const { store, ids } = await withKeys(...passwords);
  const order = [...ids].sort();
  const passwordOf = (id = '') => passwords[ids.indexOf(id)] ?? '';
  assert.equal((await openKey(store, passwordOf(order[19]))).id, order[19]);
  await assert.rejects(openKey(store, passwordOf(order[20])), {
    code: 'WRONG_PASSWORD',
    message: /none of the 20 keys of the vault that were tried \(it has 23\)/,
  });
});
