/** Puts owner, mode, extended attributes and times on what was restored, in the order in which they survive. */
import { fchmodSync, fchownSync } from 'node:fs';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { uid as processUid } from '../../platform/host.ts';
import { setTimesFd } from '../../platform/posix/file-times.ts';
import { setXattrFd } from '../../platform/posix/xattr.ts';
import type { FileAttributes } from './restore-protocol.ts';

const permissionBits = 0o7777;

/**
 * Owner first, since changing it clears set-uid bits and capabilities; times last. Returns what could not be
 * set. As any user but root the owner stays the one who restores, which is not reported.
 */
export function applyAttributes(fd: number, attributes: FileAttributes): string[] {
  const problems: string[] = [];
  attempt(problems, 'owner', () => chownWhereAllowed(() => fchownSync(fd, attributes.uid, attributes.gid)));
  attempt(problems, 'mode', () => fchmodSync(fd, attributes.mode & permissionBits));
  for (const { name, value } of attributes.xattrs) {
    attempt(problems, `extended attribute ${name}`, () => setXattrFd(fd, name, value));
  }
  attempt(problems, 'times', () => setTimesFd(fd, attributes));
  return problems;
}

export function chownWhereAllowed(chown: () => void): void {
  try {
    chown();
  } catch (error) {
    if (systemErrorName(error) !== 'EPERM' || processUid() === 0) throw error;
  }
}

export function attempt(problems: string[], what: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    const name = systemErrorName(error);
    if (name === undefined) throw error;
    problems.push(`${what} not set: ${name}`);
  }
}
