/**
 * The folder that a restore in place, or a sandbox, is laid out in. A process that is killed leaves it behind, as
 * large as what it restored and as readable; the next one at the same place removes it. A lock that dies with
 * its process tells a folder that is left from one that is in use; what does not look made here is not touched.
 */
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemErrorName } from '../error/lifeboat-error.ts';
import { tryLockFile } from '../platform/posix/file-lock.ts';
import { endLeftServers } from './end-left-servers.ts';
import { removeTree } from './remove-tree.ts';

export interface Staging extends Disposable {
  /** Empty at the start, and on the file system of `parent`. */
  readonly path: string;
  /** It stays from now on, and is where the result says. */
  keep(): string;
}

const stagingPrefix = '.lifeboat-staging-';
const freshPrefix = '.lifeboat-new-';
const lockName = 'lock';
const rootName = 'root';

/** Below `parent` or, when that is gone, the nearest folder above, which then gets nothing but this. */
export function makeStaging(parent: string, prefix = stagingPrefix): Staging {
  const place = nearestFolder(parent);
  removeLeftovers(place, prefix);
  // it gets its name only when it is locked, so that nobody takes it for a leftover in between
  const fresh = mkdtempSync(join(place, freshPrefix));
  const lock = tryLockFile(join(fresh, lockName));
  const folder = join(place, prefix + basename(fresh).slice(freshPrefix.length));
  renameSync(fresh, folder);
  const path = join(folder, rootName);
  mkdirSync(path);
  let kept: string | undefined;
  return {
    path,
    keep() {
      kept ??= keepAside(place, folder);
      return join(kept, rootName);
    },
    [Symbol.dispose]() {
      if (kept === undefined) removeTree(folder);
      lock?.[Symbol.dispose]();
    },
  };
}

/** Under a name that is never taken for a leftover. */
function keepAside(place: string, folder: string): string {
  const kept = join(place, `kept${basename(folder).replace(/^\.lifeboat/, '')}`);
  renameSync(folder, kept);
  return kept;
}

function removeLeftovers(place: string, prefix: string): void {
  for (const name of readdirSync(place)) {
    if (name.startsWith(prefix) || name.startsWith(freshPrefix)) removeIfLeft(join(place, name));
  }
}

function removeIfLeft(folder: string): void {
  try {
    if (!isMadeHere(folder)) return;
    using lock = tryLockFile(join(folder, lockName));
    if (!lock) return;
    endLeftServers(folder);
    removeTree(folder);
  } catch (error) {
    // another user's, or gone meanwhile
    if (!['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR'].includes(systemErrorName(error) ?? '')) throw error;
  }
}

/** A folder with a lock file and at most the root beside it. */
function isMadeHere(folder: string): boolean {
  if (!lstatSync(folder).isDirectory()) return false;
  const names = readdirSync(folder);
  if (!names.includes(lockName) || !lstatSync(join(folder, lockName)).isFile()) return false;
  return names.every((name) => name === lockName || name === rootName);
}

export function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}
