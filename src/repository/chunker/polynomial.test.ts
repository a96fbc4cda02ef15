import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../../error/lifeboat-error.ts';
import { chunkerDegree, degree, isIrreducible, modulo, randomPolynomial } from './polynomial.ts';

describe('polynomials over GF(2)', () => {
  test('the irreducible ones up to degree 4 are found, and no other', () => {
    const found = Array.from({ length: 32 }, (_, bits) => bits).filter((bits) => isIrreducible(BigInt(bits)));
    // x, x+1 · x²+x+1 · x³+x+1, x³+x²+1 · x⁴+x+1, x⁴+x³+1, x⁴+x³+x²+x+1
    assert.deepEqual(found, [2, 3, 7, 11, 13, 19, 25, 31]);
  });

  test('the number of irreducible ones of each degree is that of the necklace formula', () => {
    for (const [size, expected] of [
      [5, 6],
      [6, 9],
      [7, 18],
      [8, 30],
    ] as const) {
      const all = Array.from({ length: 2 ** size }, (_, low) => BigInt(2 ** size + low));
      assert.equal(all.filter(isIrreducible).length, expected);
    }
  });

  test('known polynomials of degree 53 are judged rightly', () => {
    assert.equal(isIrreducible(0x3da3358b4dc173n), true);
    assert.equal(isIrreducible(0x3da3358b4dc171n), false);
    assert.equal(isIrreducible(0x3da3358b4dc172n), false);
  });

  test('a product is never irreducible, and leaves no remainder', () => {
    const factor = fc.bigInt({ min: 2n, max: (1n << 26n) - 1n });
    fc.assert(
      fc.property(factor, factor, (a, b) => {
        assert.equal(isIrreducible(product(a, b)), false);
        assert.equal(modulo(product(a, b), a), 0n);
        assert.equal(degree(product(a, b)), degree(a) + degree(b));
      }),
    );
  });

  test('a drawn one is irreducible and of degree 53', () => {
    const drawn = randomPolynomial(randomBytes);
    assert.equal(degree(drawn), chunkerDegree);
    assert.equal(isIrreducible(drawn), true);
    assert.notEqual(randomPolynomial(randomBytes), drawn);
  });

  test('a dead random source is an error, not an endless loop', () => {
    assert.throws(
      () => randomPolynomial((count) => new Uint8Array(count)),
      (error) => hasCode(error, 'INTERNAL'),
    );
  });
});

function product(a: bigint, b: bigint): bigint {
  let result = 0n;
  for (let bit = 0n; a >> bit; bit++) {
    if ((a >> bit) & 1n) result ^= b << bit;
  }
  return result;
}
