import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBytes, randomHex, randomInt } from './random.ts';

test('no bytes are handed out twice, across many fillings of the pool', () => {
  const seen = new Set(Array.from({ length: 20_000 }, () => randomHex(16)));
  assert.equal(seen.size, 20_000);
});

test('every length is exact and belongs to the caller', () => {
  for (const length of [0, 1, 1024, 1025, 100_000]) assert.equal(randomBytes(length).length, length);
  const mine = randomBytes(32);
  const copy = Buffer.from(mine);
  for (let round = 0; round < 5000; round++) randomBytes(32).fill(0);
  assert.deepEqual(mine, copy);
});

test('whole numbers stay in their range', () => {
  const seen = new Set(Array.from({ length: 500 }, () => randomInt(3, 6)));
  assert.deepEqual([...seen].sort(), [3, 4, 5]);
});
