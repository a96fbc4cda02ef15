import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScratchBuffer } from './scratch-buffer.ts';

test('small buffers are used again, and grow', () => {
  const scratch = createScratchBuffer();
  const first = scratch(100);
  assert.ok(first.length >= 100);
  assert.equal(scratch(50), first);
  assert.ok(scratch(200).length >= 200);
});

test('a large buffer is given back with the next call', () => {
  const scratch = createScratchBuffer();
  const large = scratch(8 * 1024 * 1024);
  assert.equal(large.length, 8 * 1024 * 1024);
  scratch(10);
  assert.equal(large.length, 0);
});
