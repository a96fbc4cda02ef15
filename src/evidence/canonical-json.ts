import { assert } from '../error/assert.ts';

const depthMax = 64;

/**
 * The one JSON text of a value after RFC 8785: keys sorted by UTF-16 code units, no white space, numbers and texts
 * as ECMAScript writes them. Fields that are `undefined` are left out. What JSON cannot hold exactly (other types,
 * numbers that are not finite, lone surrogates) stops the run.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  assert(depth < depthMax, 'a value for canonical JSON is not nested without end');
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    assert(Number.isFinite(value), 'a number for canonical JSON is finite');
    return JSON.stringify(value);
  }
  if (typeof value === 'string') return writeText(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`;
  assert(typeof value === 'object', `a value of type ${typeof value} can be written as canonical JSON`);
  // The default order of sort is by UTF-16 code units, which is what the RFC asks for.
  const keys = Object.keys(value).sort();
  const fields = new Map(Object.entries(value));
  const written = keys
    .filter((key) => fields.get(key) !== undefined)
    .map((key) => `${writeText(key)}:${write(fields.get(key), depth + 1)}`);
  return `{${written.join(',')}}`;
}

function writeText(value: string): string {
  assert(value.isWellFormed(), 'a text for canonical JSON is valid Unicode');
  return JSON.stringify(value);
}
