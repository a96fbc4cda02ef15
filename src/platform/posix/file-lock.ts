/** An exclusive lock that the kernel drops when its process ends, however it ends. Source: flock(2). */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { cFunction, lastErrno } from './c-library.ts';
import { systemCallError } from './system-call-error.ts';

const exclusiveNoWait = 2 | 4;

const flock = cFunction<[number, number]>('flock', 'int', ['int', 'int']);

/**
 * Takes the lock and writes this process's id into the file; `undefined` when another holds it. The file stays
 * after the lock is disposed: removing it would let two processes lock two files of one name.
 * Its folder must exist. Raises the system's error.
 */
export function tryLockFile(path: string): Disposable | undefined {
  const fd = openSync(path, 'a+', 0o600);
  let isLocked = false;
  try {
    isLocked = lockDescriptor(fd, path);
    if (isLocked) writeOwner(fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  if (isLocked) return { [Symbol.dispose]: () => closeSync(fd) };
  closeSync(fd);
  return undefined;
}

/** The process that took the lock last, for messages; `undefined` when the file holds no id. */
export function lockFileOwner(path: string): number | undefined {
  const owner = Number.parseInt(readFileSync(path, 'utf8'), 10);
  return Number.isNaN(owner) ? undefined : owner;
}

function lockDescriptor(fd: number, path: string): boolean {
  if (flock(fd, exclusiveNoWait) !== -1) return true;
  const errno = lastErrno();
  if (errno === constants.errno.EAGAIN) return false;
  throw systemCallError('flock', errno, Buffer.from(path));
}

function writeOwner(fd: number): void {
  ftruncateSync(fd);
  writeSync(fd, `${process.pid}\n`);
}
