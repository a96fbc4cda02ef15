/**
 * Errors of system calls in the very shape of Node's own (`code`, `errno`, `syscall`, `path`), so that callers
 * treat `fs` and these calls alike, through `systemErrorName`.
 */
import { constants } from 'node:os';
import { lastErrno } from './c-library.ts';

const nameByErrno = new Map<number, string>(
  Object.entries(constants.errno)
    .filter(([name]) => !['EWOULDBLOCK', 'EOPNOTSUPP'].includes(name))
    .map(([name, errno]) => [errno, name]),
);

/** `errno` is the positive number of the C library. The path is decoded for people only. */
export function systemCallError(syscall: string, errno: number, path?: Buffer): NodeJS.ErrnoException {
  const code = errnoName(errno);
  const where = path === undefined ? '' : ` '${path.toString()}'`;
  const error: NodeJS.ErrnoException = new Error(`${code}: ${syscall}${where}`);
  error.code = code;
  error.errno = -errno;
  error.syscall = syscall;
  if (path !== undefined) error.path = path.toString();
  return error;
}

/** Raises the system's error when a call returned -1; else gives back what it returned. */
export function succeeded(result: number, syscall: string, path?: Buffer): number {
  if (result === -1) throw systemCallError(syscall, lastErrno(), path);
  return result;
}

/** `ENOENT` for 2, and so on. ENOTSUP stands for its twin EOPNOTSUPP, EAGAIN for EWOULDBLOCK. */
export function errnoName(errno: number): string {
  return nameByErrno.get(errno) ?? `errno ${errno}`;
}
