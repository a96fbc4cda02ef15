import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '../duration.ts';
import { resolveRetention } from '../resolve-retention.ts';
import { thinnedTo } from './kept-points.ts';

const hour = 3_600_000;
const day = 24 * hour;

test('the newest points are all there, and without retention all are', () => {
  assert.equal(thinnedTo(resolveRetention({ last: 1 }), 0), 0);
  assert.equal(thinnedTo(undefined, 400 * day), 0);
  assert.equal(thinnedTo(resolveRetention({ within: milliseconds(2 * day) }), 2 * day), 0);
});

test('the densest rule that reaches far enough says how far apart points are', () => {
  const retention = resolveRetention({ hourly: 24, daily: 7, weekly: 4, monthly: 12 });
  assert.equal(thinnedTo(retention, 23 * hour), hour);
  assert.equal(thinnedTo(retention, 24 * hour), day);
  assert.equal(thinnedTo(retention, 6 * day), day);
  assert.equal(thinnedTo(retention, 7 * day), 7 * day);
  assert.equal(thinnedTo(retention, 60 * day), 31 * day);
  assert.equal(thinnedTo(retention, 400 * day), 'nothing');
});

test('a count of points reaches nobody knows how far, and a limit ends all rules', () => {
  assert.equal(thinnedTo(resolveRetention({ last: 7 }), day), 'unknown');
  assert.equal(
    thinnedTo(resolveRetention({ daily: 30, at_most: milliseconds(5 * day) }), 6 * day),
    'nothing',
  );
});

test('a count without a limit reaches as far as there is anything', () => {
  assert.equal(thinnedTo(resolveRetention({ daily: -1 }), 4000 * day), day);
  assert.equal(thinnedTo(resolveRetention({ hourly: 24, yearly: -1 }), 4000 * day), 366 * day);
  assert.equal(thinnedTo(resolveRetention({ last: -1 }), 4000 * day), 0);
});
