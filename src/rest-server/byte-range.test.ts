import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantedRange } from './byte-range.ts';

const part = (offset: number, length: number) => ({ kind: 'part', range: { offset, length } });
const all = { kind: 'all' };
const unsatisfiable = { kind: 'unsatisfiable' };

const cases: readonly (readonly [string | undefined, number, object])[] = [
  [undefined, 100, all],
  ['bytes=0-9', 100, part(0, 10)],
  ['bytes=90-', 100, part(90, 10)],
  ['bytes=90-500', 100, part(90, 10)],
  ['bytes=99-99', 100, part(99, 1)],
  ['bytes=-10', 100, part(90, 10)],
  ['bytes=-500', 100, part(0, 100)],
  ['bytes=100-', 100, unsatisfiable],
  ['bytes=100-200', 100, unsatisfiable],
  ['bytes=0-', 0, unsatisfiable],
  ['bytes=-0', 100, unsatisfiable],
  ['bytes=9-0', 100, all],
  ['bytes=-', 100, all],
  ['bytes=0-1,5-6', 100, all],
  ['bytes=a-b', 100, all],
  ['lines=0-1', 100, all],
  ['bytes=0-9999999999999999', 100, all],
];

for (const [header, size, expected] of cases)
  test(`${header} of ${size} bytes`, () => {
    assert.deepEqual(wantedRange(header, size), expected);
  });
