import { assert } from '../error/assert.ts';

/**
 * Writes plain data as RFC 8785 (JSON Canonicalization Scheme) says: keys sorted by UTF-16 code units, numbers and
 * strings as ECMAScript writes them, no spaces. Members that are `undefined` are left out. What JSON cannot hold
 * (NaN, infinities, lone surrogates, big integers) stops the run, as the RFC demands.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value === 'string') return canonicalText(value);
  assert(typeof value === 'object', `a ${typeof value} can be written as JSON`);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => `${canonicalText(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

function canonicalNumber(value: number): string {
  assert(Number.isFinite(value), 'a number in JSON is finite');
  return JSON.stringify(value);
}

function canonicalText(value: string): string {
  assert(value.isWellFormed(), 'text in JSON has no lone surrogates');
  return JSON.stringify(value);
}
