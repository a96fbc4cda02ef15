import { LifeboatError } from '../error/lifeboat-error.ts';

/** `how`: `is cut off`, the rest of a sentence that begins with the key. */
export function damagedPiece(key: string, how: string, cause?: unknown): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `${key} ${how}`, {
    hint: 'Use the log of another vault. `lifeboat check --read-data` says what else is damaged.',
    details: { object: key },
    ...(cause === undefined ? {} : { cause }),
  });
}
