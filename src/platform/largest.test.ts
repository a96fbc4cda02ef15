import assert from 'node:assert/strict';
import { test } from 'node:test';
import { largest } from './largest.ts';

test('the largest of any number of values, more than a call takes arguments', () => {
  assert.equal(largest(Array.from({ length: 1_000_000 }, (_, at) => at)), 999_999);
  assert.equal(largest([-3, -1, -2]), -1);
  assert.equal(largest([]), Number.NEGATIVE_INFINITY);
});
