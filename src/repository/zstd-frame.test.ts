import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { constants, zstdCompressSync } from 'node:zlib';
import { contentBytesOf } from './zstd-frame.ts';

const withChecksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const withoutSize = { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } };
// sizes in which the field has one, two and four bytes, and in which there are several blocks
const lengths = [1, 255, 256, 257, 65_791, 65_792, 400_000];

test('a whole frame tells the length of its content', () => {
  for (const length of lengths) {
    for (const content of [Buffer.alloc(length), randomBytes(length), Buffer.alloc(length, 'at 3 am ')]) {
      assert.equal(contentBytesOf(zstdCompressSync(content)), length);
      assert.equal(contentBytesOf(zstdCompressSync(content, withChecksum)), length);
    }
  }
});

test('a frame that is cut anywhere, is longer, or keeps its length to itself tells none', () => {
  const frame = zstdCompressSync(Buffer.concat([randomBytes(200), Buffer.alloc(140_000)]), withChecksum);
  for (let end = 0; end < frame.length; end++)
    assert.equal(contentBytesOf(frame.subarray(0, end)), undefined);
  assert.equal(contentBytesOf(Buffer.concat([frame, frame])), undefined);
  assert.equal(contentBytesOf(Buffer.concat([frame, Buffer.alloc(1)])), undefined);
  assert.equal(contentBytesOf(zstdCompressSync(Buffer.alloc(1000), withoutSize)), undefined);
  assert.equal(contentBytesOf(randomBytes(100)), undefined);
});
