import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';
import { newMasterKey } from '../../seal/key-file.ts';
import { checkPack } from '../check/check-pack.ts';
import { objectKey } from '../layout.ts';
import { openBlob } from '../read/open-blob.ts';
import { createChunkSaver } from '../save/chunk-saver.ts';
import { SharedIdSet } from '../save/shared-id-set.ts';
import { createPackBuilder, type FinishedPack, type NewBlob } from './pack-builder.ts';
import { decodeHeader, encodeHeader, type PackedBlob } from './pack-header.ts';
import { headerOfPack, readPackHeader } from './read-header.ts';

const key = newMasterKey();
const takeBuffer = (bytesMin: number) => new Uint8Array(bytesMin);

function plainBlob(content: Uint8Array, type: NewBlob['type'] = 'data'): NewBlob {
  return { id: hash('sha256', content, 'hex'), type, content, uncompressedLength: 0 };
}

function bytesOf(pack: FinishedPack): Buffer {
  return Buffer.from(pack.buffer.subarray(0, pack.length));
}

function build(contents: readonly Uint8Array[], bytesTarget: number): FinishedPack[] {
  const builder = createPackBuilder(key, takeBuffer, undefined, bytesTarget);
  const packs = contents.flatMap((content) => builder.add(plainBlob(content)));
  const last = builder.finish();
  return last ? [...packs, last] : packs;
}

const problemsOf = (id: string, bytes: Buffer, indexed: readonly PackedBlob[]) =>
  checkPack(key, id, bytes, indexed);

const blobs = fc.array(
  fc.record({
    id: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    type: fc.constantFrom('data' as const, 'tree' as const),
    length: fc.integer({ min: 32, max: 2 ** 26 }),
    uncompressedLength: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  }),
);

test('a header holds what was put in, the places following from the lengths', () => {
  fc.assert(
    fc.property(blobs, (entries) => {
      let offset = 0;
      const placed = entries.map((entry) => {
        const blob = { ...entry, offset };
        offset += entry.length;
        return blob;
      });
      assert.deepEqual(decodeHeader(encodeHeader(placed), 'data/x'), placed);
    }),
  );
});

test('a header that is cut or of an unknown kind is damage', () => {
  const header = encodeHeader([
    { id: 'a'.repeat(64), type: 'data', offset: 0, length: 40, uncompressedLength: 9 },
  ]);
  for (const broken of [
    header.subarray(0, -1),
    Buffer.concat([header, Buffer.of(0)]),
    Buffer.of(4, ...header),
  ])
    assert.throws(() => decodeHeader(broken, 'data/x'), { code: 'OBJECT_DAMAGED', message: /data\/x/ });
});

test('packs are closed at their target, named by their bytes, and open again', async () => {
  const contents = Array.from({ length: 40 }, (_, n) => Buffer.alloc(n * 50, n));
  const packs = build(contents, 5000);
  assert.ok(packs.length > 5);
  const found: string[] = [];
  const store = openMemoryStore();
  for (const [n, pack] of packs.entries()) {
    const bytes = bytesOf(pack);
    assert.equal(hash('sha256', bytes, 'hex'), pack.id);
    if (n < packs.length - 1) assert.ok(pack.length >= 5000 && pack.length < 5000 + 4000);
    assert.deepEqual(headerOfPack({ key }, bytes, 'pack'), pack.blobs);
    await store.put(objectKey('pack', pack.id), bytes);
    assert.deepEqual(await readPackHeader({ store, key, version: 2 }, pack.id, bytes.length), pack.blobs);
    assert.deepEqual(problemsOf(pack.id, bytes, pack.blobs), []);
    found.push(...pack.blobs.map(({ id }) => id));
  }
  assert.deepEqual(
    found,
    contents.map((content) => hash('sha256', content, 'hex')),
  );
});

test('a header of more entries than one read from the end takes is read whole', async () => {
  const contents = Array.from({ length: 200 }, (_, n) => Buffer.from(`blob ${n}`));
  const [pack, ...others] = build(contents, 1_000_000);
  assert.ok(pack && others.length === 0);
  const store = openMemoryStore([[objectKey('pack', pack.id), bytesOf(pack)]]);
  const read = await readPackHeader({ store, key, version: 2 }, pack.id, pack.length);
  assert.equal(read.length, 200);
});

test('a blob larger than the target gets a pack of its own, and one that does not fit any more the next', () => {
  const packs = build([Buffer.alloc(10), Buffer.alloc(3_000_000, 1), Buffer.alloc(20)], 1_000_000);
  assert.deepEqual(
    packs.map((pack) => pack.blobs.map(({ length }) => length - 32)),
    [[10], [3_000_000], [20]],
  );
});

test('a used buffer may hold more than is asked for', () => {
  const builder = createPackBuilder(
    key,
    (bytesMin) => new Uint8Array(bytesMin * 2).fill(255),
    undefined,
    1000,
  );
  const [pack] = builder.add(plainBlob(Buffer.alloc(2000)));
  assert.ok(pack);
  assert.deepEqual(problemsOf(pack.id, bytesOf(pack), pack.blobs), []);
});

test('a wrong bit anywhere in a pack is found', () => {
  const [pack] = build([Buffer.from('first'), Buffer.from('second blob')], 1_000_000);
  assert.ok(pack);
  const bytes = bytesOf(pack);
  for (let bit = 0; bit < bytes.length * 8; bit += 7) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.notDeepEqual(problemsOf(pack.id, flipped, pack.blobs), [], `bit ${bit}`);
  }
  for (const length of [0, 1, 4, 35, 36, bytes.length - 1])
    assert.notDeepEqual(problemsOf(pack.id, bytes.subarray(0, length), pack.blobs), [], `${length} bytes`);
});

test('an index that says something else than the header is found', () => {
  const [pack] = build([Buffer.from('first'), Buffer.from('second blob')], 1_000_000);
  assert.ok(pack);
  assert.match(problemsOf(pack.id, bytesOf(pack), pack.blobs.slice(1)).join(), /index does not know/);
  const more = [...pack.blobs, { ...pack.blobs[0], id: 'f'.repeat(64) } as (typeof pack.blobs)[number]];
  assert.match(problemsOf(pack.id, bytesOf(pack), more).join(), /header does not have/);
});

function saverOf(version: 1 | 2, emitted: FinishedPack[]) {
  return createChunkSaver({
    key,
    polynomial: 0x3da3358b4dc173n,
    version,
    verify: true,
    packBytesTarget: 1_000_000,
    known: SharedIdSet.create(0),
    takeBuffer,
    emit: (pack) => emitted.push(pack),
  });
}

for (const version of [1, 2] as const) {
  test(`version ${version}: chunks are stored once, and an empty one without compression`, () => {
    const emitted: FinishedPack[] = [];
    const saver = saverOf(version, emitted);
    const contents = [Buffer.alloc(0), Buffer.alloc(50_000), Buffer.from('x'), Buffer.alloc(50_000)];
    const ids = contents.map((content) => saver.saveChunk(content));
    assert.deepEqual(
      ids,
      contents.map((content) => hash('sha256', content, 'hex')),
    );
    saver.flush();
    const [pack, ...others] = emitted;
    assert.ok(pack && others.length === 0);
    assert.equal(pack.blobs.length, 3);
    for (const blob of pack.blobs) {
      const content = contents[ids.indexOf(blob.id)];
      assert.ok(content);
      assert.equal(blob.uncompressedLength, version === 1 ? 0 : content.length);
      const sealed = bytesOf(pack).subarray(blob.offset, blob.offset + blob.length);
      assert.ok(openBlob(key, sealed, { ...blob, packId: pack.id }).equals(content));
    }
    assert.deepEqual(problemsOf(pack.id, bytesOf(pack), pack.blobs), []);
  });
}

test('trees and data go to packs of their own', () => {
  const emitted: FinishedPack[] = [];
  const saver = saverOf(2, emitted);
  const tree = Buffer.from('{"nodes":[]}\n');
  saver.saveTree(hash('sha256', tree, 'hex'), tree);
  saver.saveChunk(Buffer.from('data'));
  saver.flush();
  assert.deepEqual(emitted.map((pack) => pack.blobs.map((blob) => blob.type).join()).sort(), [
    'data',
    'tree',
  ]);
});

test('what does not read back as its id says is not stored', () => {
  const saver = saverOf(2, []);
  assert.throws(() => saver.saveTree('0'.repeat(64), Buffer.from('not this')), { code: 'ASSERTION' });
});
