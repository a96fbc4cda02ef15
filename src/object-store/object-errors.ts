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

/** `untilMs`: when the store lets it go; absent for a hold without a date. */
export function objectRetained(
  key: string,
  location: string,
  untilMs?: number,
  cause?: unknown,
): LifeboatError {
  const until = untilMs === undefined ? '' : ` until ${new Date(untilMs).toISOString()}`;
  return new LifeboatError('OBJECT_RETAINED', `${location} keeps ${key} from being deleted${until}`, {
    hint: 'Leave it to the retention of the store; it can be deleted when that has passed.',
    details: { key, location, ...(untilMs === undefined ? {} : { untilMs }) },
    cause,
  });
}

export function objectCold(key: string, location: string, cause?: unknown): LifeboatError {
  return new LifeboatError('OBJECT_COLD', `${key} in ${location} is in an archive and must be thawed first`, {
    hint: 'Preview the restore: it lists what must be thawed, what that costs and how long it takes.',
    details: { key, location },
    cause,
  });
}
