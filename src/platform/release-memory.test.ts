import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseMemory } from './release-memory.ts';

test('a buffer with memory of its own is empty afterwards', () => {
  const bytes = new Uint8Array(65536).fill(7);
  releaseMemory(bytes);
  assert.equal(bytes.length, 0);
  assert.equal(bytes.buffer.byteLength, 0);
});

test('memory that others see as well is left alone', () => {
  const whole = new Uint8Array(64).fill(7);
  releaseMemory(whole.subarray(0, 32));
  releaseMemory(new Uint8Array(new SharedArrayBuffer(64)));
  assert.equal(whole.at(-1), 7);
});
