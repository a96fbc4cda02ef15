import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Tolerance } from '../plan/resolved-plan.ts';
import { compareValues } from './compare-values.ts';

const exact: Tolerance = { kind: 'absolute', value: 0 };

function verdict(expected: number | string, actual: number | string, tolerance: Tolerance = exact): string {
  return compareValues('check', expected, actual, tolerance).verdict;
}

describe('compareValues', () => {
  it('compares numbers within an absolute tolerance, its limit included', () => {
    assert.equal(verdict(100, 103, { kind: 'absolute', value: 3 }), 'pass');
    assert.equal(verdict(100, 97, { kind: 'absolute', value: 3 }), 'pass');
    assert.equal(verdict(100, 104, { kind: 'absolute', value: 3 }), 'fail');
    assert.equal(verdict(100, 101), 'fail');
  });

  it('counts a percentage from what was expected', () => {
    assert.equal(verdict(200, 210, { kind: 'percent', value: 5 }), 'pass');
    assert.equal(verdict(200, 211, { kind: 'percent', value: 5 }), 'fail');
    assert.equal(verdict(-200, -190, { kind: 'percent', value: 5 }), 'pass');
    assert.equal(verdict(0, 1, { kind: 'percent', value: 50 }), 'fail');
  });

  it('takes numbers written as text for numbers', () => {
    assert.equal(verdict('5', 5), 'pass');
    assert.equal(verdict('5.0', 5), 'pass');
    assert.equal(verdict('10', '11', { kind: 'absolute', value: 1 }), 'pass');
  });

  it('tells numbers beyond 2^53 apart', () => {
    assert.equal(verdict('9007199254740993', '9007199254740992'), 'fail');
    assert.equal(verdict('9007199254740993', '9007199254740992', { kind: 'absolute', value: 1 }), 'pass');
  });

  it('compares text as it is, whatever the tolerance', () => {
    const wide: Tolerance = { kind: 'absolute', value: 1e9 };
    for (const [a, b] of [
      ['007', '7'],
      ['0x10', '16'],
      ['', '0'],
      [' ', '0'],
      ['NULL', 0],
      ['Infinity', '1'],
      ['abc', 'abd'],
      ['1 ', '1'],
    ] as const)
      assert.equal(verdict(a, b, wide), 'fail', `${a} and ${b}`);
    assert.equal(verdict('NULL', 'NULL'), 'pass');
  });

  it('passes whatever is the same, and any two whole numbers exactly when their distance allows', () => {
    fc.assert(
      fc.property(
        fc.bigInt(),
        fc.bigInt({ min: -1000n, max: 1000n }),
        fc.nat(1000),
        (a, difference, value) => {
          const distance = difference < 0n ? -difference : difference;
          const expected = distance <= BigInt(value) ? 'pass' : 'fail';
          assert.equal(verdict(String(a), String(a + difference), { kind: 'absolute', value }), expected);
        },
      ),
    );
    fc.assert(fc.property(fc.string(), (text) => assert.equal(verdict(text, text), 'pass')));
  });
});
