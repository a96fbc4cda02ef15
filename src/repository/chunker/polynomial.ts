/**
 * Polynomials over GF(2) as bit sets: bit i is the coefficient of x^i.
 * A repository's chunker polynomial is irreducible, of degree 53, and secret.
 * Source: restic/chunker, polynomials.go; Ben-Or's irreducibility test.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';

export const chunkerDegree = 53;

/** About 1 of 53 candidates is irreducible, half of it by the fixed low bit: 10,000 tries do not fail by chance. */
const triesMax = 10_000;
const drawnBytes = 7;

/**
 * Draws a chunker polynomial. `randomBytes` must be cryptographically random.
 * Raises INTERNAL when the random source yields no irreducible polynomial.
 */
export function randomPolynomial(randomBytes: (count: number) => Uint8Array): bigint {
  for (let tries = 0; tries < triesMax; tries++) {
    const candidate = candidateFrom(randomBytes(drawnBytes));
    if (isIrreducible(candidate)) return candidate;
  }
  throw new LifeboatError('INTERNAL', `no irreducible polynomial in ${triesMax} draws`, {
    hint: 'The random source of this machine seems to be broken; nothing was written.',
  });
}

function candidateFrom(random: Uint8Array): bigint {
  let bits = 0n;
  for (const byte of random) bits = (bits << 8n) | BigInt(byte);
  const top = 1n << BigInt(chunkerDegree);
  return (bits & (top - 1n)) | top | 1n;
}

/** Degree of the polynomial; -1 of zero. */
export function degree(polynomial: bigint): number {
  return polynomial === 0n ? -1 : polynomial.toString(2).length - 1;
}

/** Ben-Or: irreducible when x^(2^i) - x shares no factor with it for i up to half the degree. */
export function isIrreducible(polynomial: bigint): boolean {
  const size = degree(polynomial);
  if (size < 1) return false;
  let power = modulo(2n, polynomial);
  for (let i = 1; i <= size >> 1; i++) {
    power = modulo(square(power), polynomial);
    if (degree(greatestCommonDivisor(polynomial, power ^ 2n)) !== 0) return false;
  }
  return true;
}

/** Squaring over GF(2) spreads the bits: the mixed terms cancel. */
function square(value: bigint): bigint {
  let result = 0n;
  for (let bit = 0n, rest = value; rest !== 0n; bit += 2n, rest >>= 1n) {
    if (rest & 1n) result |= 1n << bit;
  }
  return result;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [larger, smaller] = [a, b];
  while (smaller !== 0n) [larger, smaller] = [smaller, modulo(larger, smaller)];
  return larger;
}

/** Remainder of the division of polynomials; `divisor` is not zero. */
export function modulo(value: bigint, divisor: bigint): bigint {
  const size = degree(divisor);
  let rest = value;
  for (let over = degree(rest) - size; over >= 0; over = degree(rest) - size) {
    rest ^= divisor << BigInt(over);
  }
  return rest;
}
