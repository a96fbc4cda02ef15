import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';
import { newMasterKey } from '../../seal/key-file.ts';
import type { PackedBlob } from '../pack/pack-header.ts';
import { BlobIndex } from './blob-index.ts';
import { decodeIndexFile, encodeIndexFile } from './index-file.ts';
import { createIndexWriter } from './index-writer.ts';
import { loadIndex } from './load-index.ts';

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
/** Few ids, so that duplicates are common. */
const fewIds = fc.integer({ min: 0, max: 40 }).map((n) => n.toString(16).padStart(2, '0').repeat(32));
const idOf = (n: number) => hash('sha256', String(n), 'hex');
const size = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const type = fc.constantFrom('data' as const, 'tree' as const);
const blobOf = (ids: fc.Arbitrary<string>): fc.Arbitrary<PackedBlob> =>
  fc.record(
    { id: ids, type, offset: size, length: size, uncompressedLength: size },
    { noNullPrototype: true },
  );
const packsOf = (ids: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(fc.record({ id, blobs: fc.array(blobOf(ids), { maxLength }) }, { noNullPrototype: true }), {
    maxLength: 8,
  });

test('an index file holds what was put in', () => {
  fc.assert(
    fc.property(packsOf(id, 10), (packs) => {
      assert.deepEqual(decodeIndexFile(JSON.parse(encodeIndexFile(packs).toString()), 'index'), packs);
    }),
  );
});

test('what is no index file is damage that names it', () => {
  const good = { id: 'a'.repeat(64), type: 'data', offset: 0, length: 40 };
  const pack = (blob: unknown) => ({ packs: [{ id: 'b'.repeat(64), blobs: [blob] }] });
  assert.equal(decodeIndexFile(pack(good), 'index/1').length, 1);
  for (const json of [
    ...[null, [], 1, { packs: 1 }, { packs: [null] }, { packs: [{ id: 'short', blobs: [] }] }],
    ...[
      { ...good, id: 'x' },
      { ...good, type: 'other' },
      { ...good, offset: -1 },
    ].map(pack),
    ...[
      { ...good, length: 1.5 },
      { ...good, uncompressed_length: 2 ** 32 },
    ].map(pack),
  ]) {
    assert.throws(() => decodeIndexFile(json, 'index/1'), { code: 'OBJECT_DAMAGED', message: /index\/1/ });
  }
});

test('keys of newer programs in an index file are passed over', () => {
  assert.deepEqual(decodeIndexFile({ supersedes: ['x'], packs_to_delete: [], packs: [] }, 'index'), []);
  assert.deepEqual(decodeIndexFile({}, 'index'), []);
});

test('an index behaves like a map from blobs to their places', () => {
  fc.assert(
    fc.property(packsOf(fewIds, 60), (packs) => {
      const index = new BlobIndex();
      const model = new Map<string, unknown[]>();
      for (const pack of packs) {
        index.addPack(pack.id, pack.blobs);
        for (const { id: blob, type: kind, ...place } of pack.blobs) {
          const places = model.get(`${kind} ${blob}`) ?? [];
          model.set(`${kind} ${blob}`, [...places, { packId: pack.id, ...place }]);
        }
      }
      for (let n = 0; n <= 41; n++) {
        const blob = n.toString(16).padStart(2, '0').repeat(32);
        for (const kind of ['data', 'tree'] as const) {
          const places = model.get(`${kind} ${blob}`) ?? [];
          assert.deepEqual(index.findAll(kind, blob), places);
          assert.deepEqual(index.find(kind, blob), places[0]);
          assert.equal(index.has(kind, blob), places.length > 0);
        }
      }
      assert.equal(
        index.size,
        packs.reduce((sum, pack) => sum + pack.blobs.length, 0),
      );
      assert.deepEqual(new Set(index.packIds), new Set(packs.map((pack) => pack.id)));
    }),
  );
});

test('an index grows past its first size and loses nothing', () => {
  const index = new BlobIndex();
  const count = 5000;
  for (let n = 0; n < count; n++)
    index.addPack('e'.repeat(64), [
      { id: idOf(n), type: 'data', offset: n, length: 100, uncompressedLength: 0 },
    ]);
  for (let n = 0; n < count; n++) assert.equal(index.find('data', idOf(n))?.offset, n);
  assert.equal([...index.entries()].length, count);
  assert.equal([...index.dataIds()].length, count);
  assert.equal(index.plaintextBytes('data', idOf(7)), 68);
});

test('the writer makes a file of what was added, and none of nothing', async () => {
  const access = { store: openMemoryStore(), key: newMasterKey(), version: 2 as const };
  const writer = createIndexWriter(access, new BlobIndex());
  await writer.flush();
  assert.equal(access.store.objects.size, 0);
  const blob = { id: 'a'.repeat(64), type: 'tree' as const, offset: 0, length: 50, uncompressedLength: 90 };
  await writer.addPack('b'.repeat(64), [blob]);
  await writer.flush();
  await writer.addPack('c'.repeat(64), [blob]);
  await writer.flush();
  const { index, files } = await loadIndex(access);
  assert.equal(files.length, 2);
  assert.deepEqual(
    index
      .findAll('tree', blob.id)
      .map(({ packId }) => packId[0])
      .sort(),
    ['b', 'c'],
  );
});

test('the writer does not wait with a file until the end when there are many blobs', async () => {
  const access = { store: openMemoryStore(), key: newMasterKey(), version: 2 as const };
  const writer = createIndexWriter(access, new BlobIndex());
  const blobs = Array.from({ length: 50_000 }, (_, n) => ({
    id: idOf(n),
    type: 'data' as const,
    offset: n * 40,
    length: 40,
    uncompressedLength: 0,
  }));
  await writer.addPack('d'.repeat(64), blobs);
  assert.equal(access.store.objects.size, 1);
});
