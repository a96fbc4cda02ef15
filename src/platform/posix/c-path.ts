/**
 * Paths and names as C wants them: bytes with a NUL at the end. They are copied to fixed memory, because a
 * call costs well under a microsecond and an allocation would double that.
 */
import { constants } from 'node:os';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { systemCallError } from './system-call-error.ts';

/** PATH_MAX of Linux, which counts the NUL. */
export const pathBytesMax = 4096;

const first = Buffer.allocUnsafeSlow(pathBytesMax);
const second = Buffer.allocUnsafeSlow(pathBytesMax);

/** The result is valid until the next call of this function. Raises ENAMETOOLONG, or PATH_UNSAFE for a NUL. */
export function cPath(path: Buffer): Buffer {
  return terminate(path, first);
}

/** For calls with two paths: valid until the next call of this function. */
export function secondCPath(path: Buffer): Buffer {
  return terminate(path, second);
}

/**
 * The name of one entry in one directory. Raises PATH_UNSAFE for names that lead elsewhere: with a slash,
 * with a NUL, empty, `.` and `..`.
 */
export function cName(name: Buffer): Buffer {
  assertEntryName(name);
  return terminate(name, first);
}

export function secondCName(name: Buffer): Buffer {
  assertEntryName(name);
  return terminate(name, second);
}

export function assertEntryName(name: Buffer): void {
  if (name.length === 0 || isDots(name) || name.includes(0x2f) || name.includes(0)) {
    throw unsafePath(name, 'is not the name of one entry');
  }
}

export function unsafePath(path: Buffer, why: string): LifeboatError {
  return new LifeboatError('PATH_UNSAFE', `${JSON.stringify(path.toString())} ${why}`, {
    hint: 'Nothing was written there. Names like this do not come from a backup of a real folder: check who can write to the vault.',
  });
}

function isDots(name: Buffer): boolean {
  return name[0] === 0x2e && (name.length === 1 || (name.length === 2 && name[1] === 0x2e));
}

function terminate(path: Buffer, target: Buffer): Buffer {
  if (path.includes(0)) throw unsafePath(path, 'holds a NUL byte');
  if (path.length >= pathBytesMax) throw systemCallError('path', constants.errno.ENAMETOOLONG, path);
  path.copy(target);
  target[path.length] = 0;
  return target;
}
