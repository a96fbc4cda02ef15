import { assert } from '../error/assert.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { ByteRange } from './object-store.ts';

/** `location` is where the store is, for people. */
export function objectMissing(key: string, location: string, cause?: unknown): LifeboatError {
  return new LifeboatError('OBJECT_MISSING', `${key} is not in ${location}`, {
    hint: 'Run lifeboat check to see what else is missing.',
    details: { key, location },
    cause,
  });
}

/** @throws OBJECT_DAMAGED when the object of `size` bytes ends before `range` does. */
export function checkRange(range: ByteRange, size: number, key: string, location: string): void {
  const isRange = [range.offset, range.length].every((n) => Number.isSafeInteger(n) && n >= 0);
  assert(isRange, `offset ${range.offset} and length ${range.length} are a range of bytes`);
  if (range.offset + range.length > size) {
    throw objectTooShort(key, location, size, range.offset + range.length);
  }
}

export function objectTooShort(
  key: string,
  location: string,
  size: number,
  neededBytes: number,
): LifeboatError {
  const message = `${key} in ${location} is ${size} bytes long where at least ${neededBytes} were written`;
  return new LifeboatError('OBJECT_DAMAGED', message, {
    hint: 'Run lifeboat check to see what else is damaged, and restore from another snapshot or vault meanwhile.',
    details: { key, location, size, neededBytes },
  });
}
