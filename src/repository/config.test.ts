import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryStore } from '../object-store/memory/memory-store.ts';
import { newMasterKey } from '../seal/key-file.ts';
import { seal } from '../seal/seal.ts';
import { loadConfig, saveConfig } from './config.ts';

const key = newMasterKey();
const good = { version: 2, id: 'ab'.repeat(32), chunker_polynomial: '3da3358b4dc173' };

function storeWith(json: unknown) {
  return openMemoryStore([['config', seal(key, Buffer.from(JSON.stringify(json)))]]);
}

test('a config comes back as it was saved, and keys of newer programs are passed over', async () => {
  const store = openMemoryStore();
  const config = { version: 1 as const, id: good.id, chunkerPolynomial: 0x3da3358b4dc173n };
  await saveConfig(store, key, config);
  assert.deepEqual(await loadConfig(store, key), config);
  const extended = await loadConfig(storeWith({ ...good, new_field: [1] }), key);
  assert.equal(extended.version, 2);
});

test('an unknown version is no damage, but cannot be used', async () => {
  for (const version of [0, 3, '2', undefined])
    await assert.rejects(loadConfig(storeWith({ ...good, version }), key), { code: 'VAULT_UNSUPPORTED' });
});

test('a config that makes no sense is damage', async () => {
  for (const json of [
    { ...good, id: 'short' },
    { ...good, id: undefined },
    { ...good, chunker_polynomial: 'xyz' },
    { ...good, chunker_polynomial: undefined },
    // x^53 + 1 has the factor x + 1
    { ...good, chunker_polynomial: '20000000000001' },
    { ...good, chunker_polynomial: '0' },
  ]) {
    await assert.rejects(loadConfig(storeWith(json), key), { code: 'OBJECT_DAMAGED', message: /config/ });
  }
  for (const json of [null, 1, []])
    await assert.rejects(loadConfig(storeWith(json), key), { code: 'VAULT_UNSUPPORTED' });
});

test('a truncated or foreign config is damage that names it', async () => {
  const whole = seal(key, Buffer.from(JSON.stringify(good)));
  const noJson = seal(key, Buffer.from('{'));
  for (const bytes of [whole.subarray(0, 0), whole.subarray(0, 31), whole.subarray(0, -1), noJson])
    await assert.rejects(loadConfig(openMemoryStore([['config', bytes]]), key), {
      code: 'OBJECT_DAMAGED',
      message: /config/,
    });
  await assert.rejects(loadConfig(storeWith(good), newMasterKey()), { code: 'OBJECT_DAMAGED' });
});
