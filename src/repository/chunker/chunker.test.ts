import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Chunker, type ChunkLimits, chunkBytesMax, chunkBytesMin, createChunker } from './chunker.ts';
import { modulo } from './polynomial.ts';

const polynomial = 0x3da3358b4dc173n;

describe('chunker', () => {
  test('cuts the published key stream as stock restic does', () => {
    const data = keyStream(32 * 1024 * 1024);
    assert.equal(sha256(data), '580881df129d7ef36820a14231d4dab34d306a37ef48c49463da3b05282de687');
    const cuts = cutAll(createChunker(polynomial), data, [1_000_003]);
    assert.deepEqual(
      cuts,
      [
        551133, 640712, 2766582, 898583, 2782732, 2263350, 531615, 1191198, 3039727, 3056265, 6102139, 872917,
        919848, 1608882, 1844092, 1605195, 2879462,
      ],
    );
    assert.equal(
      sha256(data.subarray(0, 551133)),
      '3ce030d97b29f48d1976586188dbcda336f6a3cbefa0688044e6cb9e1dbd5b58',
    );
    assert.equal(
      sha256(data.subarray(data.length - 2879462)),
      '124933c15b910668dab200415d512d4420d557c2fe2fdcf42eda53a164d37a8e',
    );
  });

  test('cuts zeros at the minimum', () => {
    const cuts = cutAll(createChunker(polynomial), Buffer.alloc(3 * chunkBytesMin + 5), [700_000]);
    assert.deepEqual(cuts, [524288, 524288, 524288, 5]);
  });

  test('cuts at the maximum where no fingerprint matches', () => {
    // A period of one gives one fingerprint over and over; that of the byte 1 does not end in zeros here.
    const cuts = cutAll(createChunker(polynomial), Buffer.alloc(chunkBytesMax + 77, 1), [1 << 20]);
    assert.deepEqual(cuts, [chunkBytesMax, 77]);
  });

  test('a file of at most the minimum is one chunk, an empty one none', () => {
    const chunker = createChunker(polynomial);
    assert.deepEqual(cutAll(chunker, keyStream(chunkBytesMin), [1 << 20]), [chunkBytesMin]);
    assert.deepEqual(cutAll(chunker, keyStream(1), [1]), [1]);
    assert.deepEqual(cutAll(chunker, Buffer.alloc(0), [1]), []);
  });

  test('a stream given up half-way leaves no trace in the next one after a reset', () => {
    const data = keyStream(2 * 1024 * 1024);
    const chunker = createChunker(polynomial);
    chunker.buffer.set(Buffer.alloc(600_000, 1));
    assert.equal(chunker.nextCut(0, 600_000, false), undefined);
    chunker.reset();
    assert.deepEqual(cutAll(chunker, data, [1 << 20])[0], 551133);
  });

  test('equals a plain sequential reference, however the input is fed', () => {
    const limits = { minBytes: 200, maxBytes: 3000, splitBits: 8 };
    const chunker = createChunker(polynomial, limits);
    const input = fc.record({
      // Few different values make repeated windows, and with them runs of equal fingerprints.
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 9000, size: 'max' }),
        fc.uint8Array({ maxLength: 9000, max: 1, size: 'max' }),
      ),
      feeds: fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(input, ({ bytes, feeds }) => {
        assert.deepEqual(cutAll(chunker, bytes, feeds), referenceCuts(bytes, limits));
      }),
      { numRuns: 25 },
    );
  });

  test('equals the reference over many lanes and blocks', () => {
    const limits = { minBytes: 70_000, maxBytes: 200_000, splitBits: 15 };
    const data = keyStream(600_000);
    const expected = referenceCuts(data, limits);
    assert.ok(expected.length > 4);
    for (const feed of [1000, 65_536, 600_000]) {
      assert.deepEqual(cutAll(createChunker(polynomial, limits), data, [feed]), expected);
    }
  });

  test('rabin.wasm is what its source compiles to', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lifeboat-wasm-'));
    try {
      const output = join(folder, 'rabin.wasm');
      const script = new URL('../../../scripts/build-wasm.ts', import.meta.url).pathname;
      const built = spawnSync(process.execPath, [script, output], { encoding: 'utf8' });
      assert.equal(built.status, 0, built.stderr);
      const committed = readFileSync(new URL('./rabin.wasm', import.meta.url));
      assert.equal(sha256(readFileSync(output)), sha256(committed), 'run: node scripts/build-wasm.ts');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Feeds the data in pieces of the given sizes, in turn. */
function cutAll(chunker: Chunker, data: Uint8Array, feeds: readonly number[]): number[] {
  const cuts: number[] = [];
  let [start, end, taken] = [0, 0, 0];
  for (let turn = 0; ; ) {
    const cut = chunker.nextCut(start, end, taken === data.length);
    if (cut !== undefined) {
      cuts.push(cut);
      start += cut;
      continue;
    }
    if (taken === data.length) return cuts;
    if (end === chunker.buffer.length) {
      end = chunker.moveToFront(start, end);
      start = 0;
    }
    const feed = Math.min(
      feeds[turn++ % feeds.length] ?? 1,
      chunker.buffer.length - end,
      data.length - taken,
    );
    chunker.buffer.set(data.subarray(taken, taken + feed), end);
    end += feed;
    taken += feed;
  }
}

/** The definition, byte by byte: a window of 64 that begins as zeros and a 1, afresh for every chunk. */
function referenceCuts(data: Uint8Array, limits: ChunkLimits): number[] {
  const cuts: number[] = [];
  for (let start = 0; start < data.length; ) {
    const length = referenceLength(data.subarray(start), limits);
    cuts.push(length);
    start += length;
  }
  return cuts;
}

const leave = Array.from({ length: 256 }, (_, byte) => modulo(BigInt(byte) << 504n, polynomial));

function referenceLength(data: Uint8Array, limits: ChunkLimits): number {
  const mask = (1n << BigInt(limits.splitBits)) - 1n;
  const window: number[] = [...new Array<number>(63).fill(0), 1];
  let digest = 1n;
  for (let at = 0; at < data.length; at++) {
    const byte = data[at] ?? 0;
    window.push(byte);
    digest ^= leave[window.shift() ?? 0] ?? 0n;
    digest = modulo((digest << 8n) | BigInt(byte), polynomial);
    const length = at + 1;
    if (length >= limits.maxBytes || (length >= limits.minBytes && (digest & mask) === 0n)) return length;
  }
  return data.length;
}

function keyStream(sizeBytes: number): Buffer {
  return createCipheriv('aes-256-ctr', Buffer.alloc(32), Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
