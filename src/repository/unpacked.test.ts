import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { openMemoryStore } from '../object-store/memory/memory-store.ts';
import { newMasterKey } from '../seal/key-file.ts';
import { seal, unseal } from '../seal/seal.ts';
import { compress, createCompressor, decompress, decompressInto } from './compression.ts';
import { directoryDigest, fileDigest, linkDigest } from './content-digest.ts';
import { createSealedObjects } from './sealed-objects.ts';
import { decodeUnpacked, encodeUnpacked, loadUnpacked, parseJson, saveUnpacked } from './unpacked.ts';

const key = newMasterKey();
const json = Buffer.from('{"time":"now"}');

for (const version of [1, 2] as const) {
  test(`version ${version}: a document is stored under the hash of its sealed bytes and comes back`, async () => {
    const store = openMemoryStore();
    const access = { store, key, version };
    const id = await saveUnpacked(access, 'snapshot', json);
    const stored = store.objects.get(`snapshots/${id}`);
    assert.ok(stored);
    assert.equal(hash('sha256', stored, 'hex'), id);
    assert.deepEqual(await loadUnpacked(access, 'snapshot', id), json);
    assert.equal(unseal(key, stored, 'it')[0], version === 1 ? 0x7b : 2);
  });
}

test('both forms are read whatever the version; another first byte is damage', () => {
  const access = { store: openMemoryStore(), key, version: 2 as const };
  assert.deepEqual(decodeUnpacked(key, encodeUnpacked(access, json), 'it'), json);
  assert.deepEqual(decodeUnpacked(key, seal(key, json), 'it'), json);
  assert.deepEqual(decodeUnpacked(key, seal(key, Buffer.from('[1]')), 'it'), Buffer.from('[1]'));
  for (const plaintext of ['', '\x01{}', '\x03abc', ' {}', '\x02no zstd'])
    assert.throws(() => decodeUnpacked(key, seal(key, Buffer.from(plaintext)), 'index/1'), {
      code: 'OBJECT_DAMAGED',
      message: /index\/1/,
    });
});

test('an object under a name that is not its hash is damage, and what is no JSON too', async () => {
  const id = '0'.repeat(64);
  const store = openMemoryStore([[`index/${id}`, seal(key, json)]]);
  await assert.rejects(loadUnpacked({ store, key, version: 2 }, 'index', id), {
    code: 'OBJECT_DAMAGED',
    message: new RegExp(`index/${id}`),
  });
  assert.throws(() => parseJson(Buffer.from('{'), 'index/1'), {
    code: 'OBJECT_DAMAGED',
    message: /index\/1/,
  });
});

test('small sealed objects come back, and say when they are damaged or missing', async () => {
  const store = openMemoryStore();
  const sealed = createSealedObjects({ store, key, version: 2 });
  await sealed.put('lifeboat/records/1', Buffer.from('bytes'));
  assert.equal((await sealed.get('lifeboat/records/1')).toString(), 'bytes');
  assert.deepEqual(
    (await Array.fromAsync(sealed.list('lifeboat/'))).map((each) => each.key),
    ['lifeboat/records/1'],
  );
  await store.put('lifeboat/records/1', Buffer.from('broken'));
  await assert.rejects(sealed.get('lifeboat/records/1'), {
    code: 'OBJECT_DAMAGED',
    message: /lifeboat\/records\/1/,
  });
  await assert.rejects(sealed.get('lifeboat/records/2'), { code: 'OBJECT_MISSING' });
});

test('whatever is compressed in either way comes back in either way', () => {
  const compressor = createCompressor();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
      for (const frame of [compress(bytes), Buffer.from(compressor(bytes))]) {
        assert.deepEqual(new Uint8Array(decompress(frame, bytes.length, 'it')), bytes);
        const output = new Uint8Array(bytes.length);
        assert.equal(decompressInto(frame, output, 'it'), bytes.length);
        assert.deepEqual(output, bytes);
      }
    }),
  );
});

test('a frame gives no more than it may: a small object cannot fill the memory', () => {
  const bomb = compress(Buffer.alloc(50_000_000));
  assert.ok(bomb.length < 10_000);
  assert.throws(() => decompress(bomb, 1000, 'data/1'), { code: 'OBJECT_DAMAGED', message: /data\/1/ });
  assert.throws(() => decompress(Buffer.from('no frame'), 1000, 'data/1'), { code: 'OBJECT_DAMAGED' });
  assert.throws(() => decompress(bomb.subarray(0, -3), 50_000_000, 'data/1'), { code: 'OBJECT_DAMAGED' });
});

test('the digest of contents depends on names, types, sizes, bytes and nothing else', () => {
  const entry = { name: Buffer.from('a'), type: 'file' as const, size: 1, content: fileDigest(['00', '11']) };
  const digest = directoryDigest([entry]);
  assert.equal(directoryDigest([{ ...entry }]), digest);
  for (const other of [
    [{ ...entry, name: Buffer.from('b') }],
    [{ ...entry, type: 'symlink' as const }],
    [{ ...entry, size: 2 }],
    [{ ...entry, content: fileDigest(['11', '00']) }],
    [{ ...entry, content: linkDigest(Buffer.from('a')) }],
    [entry, entry],
    [],
  ])
    assert.notEqual(directoryDigest(other), digest);
});
