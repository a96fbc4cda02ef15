import { constants, openSync } from 'node:fs';
import { systemErrorName } from '../../error/lifeboat-error.ts';

const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A descriptor, without following links, and without touching the access time where we are allowed to. */
export function openForReading(path: Buffer): number {
  try {
    return openSync(path, openFlags | constants.O_NOATIME);
  } catch (error) {
    if (systemErrorName(error) !== 'EPERM') throw error;
    return openSync(path, openFlags);
  }
}
