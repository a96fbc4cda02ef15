import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { createCompressor, createQuickCompressor, decompressInto } from './compression.ts';
import { openCompressContext, openDecompressContext } from './zstd-context.ts';

test('the pinned runtime has the handle that a context needs', () => {
  assert.ok(openCompressContext(3));
  assert.ok(openDecompressContext());
});

test('one context for many inputs gives what the documented functions give', () => {
  const compress = createCompressor();
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 5000 }),
    fc.nat(300_000).map((length) => new Uint8Array(length)),
  );
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      assert.ok(zstdDecompressSync(compress(bytes)).equals(bytes));
      const output = Buffer.alloc(bytes.length);
      assert.equal(decompressInto(zstdCompressSync(bytes), output, 'test'), bytes.length);
      assert.ok(output.equals(bytes));
    }),
    { numRuns: 300 },
  );
});

test('each context keeps the level that it was opened with, frame after frame', () => {
  const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, n) => ((n * n) % 251) ^ (n >> 7)));
  const atLevel = (level: number) =>
    zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } });
  assert.notEqual(atLevel(1).length, atLevel(3).length, 'the sample tells the levels apart');
  const [usual, pages] = [createCompressor(), createQuickCompressor()];
  for (let round = 0; round < 3; round++) {
    assert.ok(atLevel(3).equals(usual(bytes)));
    assert.ok(atLevel(1).equals(pages(bytes)));
  }
});

test('after a broken frame the next whole one is right again', () => {
  const text = Buffer.from('over and over and over and over again'.repeat(50));
  const frame = zstdCompressSync(text);
  const output = Buffer.alloc(text.length);
  for (const broken of [frame.subarray(0, -3), Buffer.alloc(40, 7), frame.subarray(5)]) {
    assert.throws(() => decompressInto(broken, output, 'test'));
    assert.equal(decompressInto(frame, output, 'test'), text.length);
    assert.ok(output.equals(text));
  }
  const context = openDecompressContext();
  assert.equal(context?.run(Buffer.concat([frame, frame]), output), undefined);
  assert.equal(openDecompressContext()?.run(frame, Buffer.alloc(text.length - 1)), undefined);
});

test('a frame that is cut, too long or no frame raises OBJECT_DAMAGED naming the object', () => {
  const frame = zstdCompressSync(Buffer.alloc(1000, 'a'));
  for (const broken of [frame.subarray(0, -2), Buffer.alloc(30, 9)]) {
    assert.throws(
      () => decompressInto(broken, Buffer.alloc(1000), 'data/ab'),
      /data\/ab cannot be decompressed/,
    );
  }
  assert.throws(() => decompressInto(frame, Buffer.alloc(999), 'data/ab'), /data\/ab cannot be decompressed/);
});

test('a frame whose end was not seen leaves nothing for the next one', () => {
  const text = Buffer.from('over and over and over and over again'.repeat(5000));
  const sizeLess = { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } };
  const frames = [
    zstdCompressSync(text),
    zstdCompressSync(text, sizeLess),
    zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  ];
  const context = openDecompressContext();
  const output = Buffer.alloc(text.length);
  const runs = fc.record({ frame: fc.nat(2), cut: fc.nat(40), room: fc.nat(3) });
  const run = (frame: Uint8Array, room: number) => context?.run(frame, output.subarray(0, room));
  fc.assert(
    fc.property(fc.array(runs, { minLength: 1, maxLength: 6 }), (tries) => {
      for (const { frame: at, cut, room } of tries) {
        const frame = frames[at] ?? Buffer.alloc(0);
        // whatever it says of a cut one, or of too little room
        run(frame.subarray(0, frame.length - cut), text.length - room);
        output.fill(0);
        assert.equal(run(frame, text.length), text.length);
        assert.ok(output.equals(text));
      }
    }),
  );
});
