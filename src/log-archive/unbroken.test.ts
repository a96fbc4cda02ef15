import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogCoverage } from './log-archive.ts';
import { reachesBackTo, unbrokenParts } from './unbroken.ts';

function coverage(branch: string, ...spans: readonly (readonly [bigint, bigint])[]): LogCoverage {
  return { branch, gaps: [], spans: spans.map(([start, end]) => ({ branch, start, end })) };
}

const wanted = (branch: string, from: bigint, at = from) => ({ branch, from, at });

test('one branch hangs together from the start of the span in which the position lies', () => {
  const coverages = [coverage('1', [16n, 32n], [40n, 90n])];
  const lineage = [{ branch: '1' }];
  assert.deepEqual(unbrokenParts(coverages, lineage, 90n), [{ branch: '1', start: 40n }]);
  assert.deepEqual(unbrokenParts(coverages, lineage, 32n), [{ branch: '1', start: 16n }]);
  assert.deepEqual(unbrokenParts(coverages, lineage, 36n), []);
});

test('an ancestor counts as far as it is joined to what follows', () => {
  const lineage = [{ branch: '1', end: 50n }, { branch: '2', end: 70n }, { branch: '3' }];
  const whole = [coverage('1', [16n, 55n]), coverage('2', [48n, 72n]), coverage('3', [64n, 100n])];
  const parts = unbrokenParts(whole, lineage, 100n);
  assert.deepEqual(
    parts.map(({ branch }) => branch),
    ['3', '2', '1'],
  );
  assert.ok(reachesBackTo(parts, wanted('1', 16n)));
  assert.ok(!reachesBackTo(parts, wanted('1', 15n)));
  assert.ok(reachesBackTo(parts, wanted('1', 20n, 50n)));
  assert.ok(!reachesBackTo(parts, wanted('1', 20n, 51n)), 'it was taken after the branch was left');
  const torn = [coverage('1', [16n, 47n]), ...whole.slice(1)];
  assert.ok(!reachesBackTo(unbrokenParts(torn, lineage, 100n), wanted('1', 16n)));
  // begun later than where it left its parent: what lies between is missing
  const late = [coverage('1', [16n, 55n]), coverage('2', [51n, 72n]), coverage('3', [64n, 100n])];
  assert.ok(!reachesBackTo(unbrokenParts(late, lineage, 100n), wanted('1', 16n)));
  assert.ok(reachesBackTo(unbrokenParts(late, lineage, 100n), wanted('2', 51n)));
});
