/**
 * The folder that a restore in place is laid out in first. A process that is killed leaves it behind, as large as
 * what it restored; the next restore to the same place removes it. A lock that dies with its process tells a folder
 * that is left from one that is in use.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemErrorName } from '../error/lifeboat-error.ts';
import { tryLockFile } from '../platform/posix/file-lock.ts';
import { removeTree } from './remove-tree.ts';

export interface Staging extends Disposable {
  /** Empty at the start, and on the file system of `parent`. */
  readonly path: string;
}

const prefix = '.lifeboat-staging-';
const lockName = 'lock';

/** Below `parent` or, when that is gone, the nearest folder above, which then gets nothing but this. */
export function makeStaging(parent: string): Staging {
  const place = nearestFolder(parent);
  removeLeftovers(place);
  const folder = mkdtempSync(join(place, prefix));
  const lock = tryLockFile(join(folder, lockName));
  const path = join(folder, 'root');
  mkdirSync(path);
  return {
    path,
    [Symbol.dispose]() {
      removeTree(folder);
      lock?.[Symbol.dispose]();
    },
  };
}

function removeLeftovers(place: string): void {
  for (const name of readdirSync(place)) {
    if (name.startsWith(prefix)) removeIfLeft(join(place, name));
  }
}

function removeIfLeft(folder: string): void {
  try {
    using lock = tryLockFile(join(folder, lockName));
    if (lock) removeTree(folder);
  } catch (error) {
    // another user's, or gone meanwhile
    if (!['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR'].includes(systemErrorName(error) ?? '')) throw error;
  }
}

export function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}
