import { LifeboatError } from './lifeboat-error.ts';

/** Stops the run when something that must be true is not. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) {
    throw new LifeboatError('ASSERTION', `assertion failed: ${what}`, {
      hint: 'This is a fault of Lifeboat; nothing further was written. Please report it with the output above.',
    });
  }
}

/** For the end of a switch over a union: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new LifeboatError('ASSERTION', `unexpected value: ${JSON.stringify(value)}`);
}

/** Narrows away `undefined` where the surrounding code guarantees a value. */
export function defined<T>(value: T | undefined | null, what: string): T {
  assert(value !== undefined && value !== null, `${what} is there`);
  return value;
}
