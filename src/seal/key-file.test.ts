import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeKeyFile, newMasterKey, openKeyFile } from './key-file.ts';

const kdf = { N: 16, r: 8, p: 1 };
const about = { username: 'ada', hostname: 'shop-1', created: '2026-11-20T02:44:00Z', kdf };

test('a key file opens with its password to the same master key', async () => {
  const masterKey = newMasterKey();
  const file = await makeKeyFile({ ...about, password: 'pässword', masterKey });
  assert.deepEqual(await openKeyFile(file, 'pässword'), masterKey);
});

test('a wrong password is an expected answer, not an error', async () => {
  const file = await makeKeyFile({ ...about, password: 'right', masterKey: newMasterKey() });
  assert.equal(await openKeyFile(file, 'wrong'), undefined);
});

test('a key file has the fields of restic and no secret in plain', async () => {
  const masterKey = newMasterKey();
  const file = await makeKeyFile({ ...about, password: 'p', masterKey });
  const fields: Record<string, unknown> = JSON.parse(file.toString());
  assert.deepEqual(Object.keys(fields), [
    ...['created', 'username', 'hostname', 'kdf', 'N', 'r', 'p', 'salt', 'data'],
  ]);
  assert.equal(Buffer.from(String(fields['salt']), 'base64').length, 64);
  assert.ok(!file.toString().includes(masterKey.encrypt.toString('base64')));
});

test('without cheaper parameters the derivation costs what restic asks of it at least', async () => {
  const { kdf: _cheap, ...withoutKdf } = about;
  const masterKey = newMasterKey();
  const file = await makeKeyFile({ ...withoutKdf, password: 'p', masterKey });
  const { N, r, p } = JSON.parse(file.toString());
  assert.ok(N >= 32768 && r >= 8 && p >= 1);
  assert.deepEqual(await openKeyFile(file, 'p'), masterKey);
});

test('a key file cut anywhere is damaged', async () => {
  const file = await makeKeyFile({ ...about, password: 'p', masterKey: newMasterKey() });
  for (let length = 0; length < file.length; length += 1) {
    await assert.rejects(openKeyFile(file.subarray(0, length), 'p', 'key abcd'), {
      code: 'OBJECT_DAMAGED',
      message: /^key abcd /,
    });
  }
});

const changes: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['another derivation', { kdf: 'argon2' }],
  ['4 GiB of memory', { N: 2 ** 22 }],
  ['minutes of work', { N: 32768, p: 1000 }],
  ['an N that is no power of two', { N: 1000 }],
  ['an N of one', { N: 1 }],
  ['a negative r', { r: -8 }],
  ['a p of zero', { p: 0 }],
  ['a fraction', { r: 1.5 }],
  ['a salt that is not base64', { salt: '***' }],
  ['no salt', { salt: '' }],
  ['data shorter than a seal', { data: 'AAAA' }],
  ['data of the wrong type', { data: 12 }],
];

for (const [what, change] of changes) {
  test(`a key file with ${what} is refused before anything is derived`, async () => {
    const file = await makeKeyFile({ ...about, password: 'p', masterKey: newMasterKey() });
    const changed = Buffer.from(JSON.stringify({ ...JSON.parse(file.toString()), ...change }));
    await assert.rejects(openKeyFile(changed, 'p'), { code: 'OBJECT_DAMAGED' });
  });
}

for (const text of ['', 'null', '[]', '"text"', '{}', 'not json', '{"kdf":"scrypt"}']) {
  test(`${JSON.stringify(text)} is not a key file`, async () => {
    await assert.rejects(openKeyFile(Buffer.from(text), 'p'), { code: 'OBJECT_DAMAGED' });
  });
}
