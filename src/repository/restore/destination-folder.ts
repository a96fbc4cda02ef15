/** The folder that receives a restore: everything is made relative to one open descriptor of it. */
import { closeSync, constants, mkdirSync, openSync, readdirSync } from 'node:fs';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import {
  chmodAt,
  chownAt,
  linkAt,
  mkdirAt,
  mknodAt,
  removeDirectoryAt,
  renameAt,
  statAt,
  symlinkAt,
  unlinkAt,
} from '../../platform/posix/entry-at.ts';
import { setTimesAt } from '../../platform/posix/file-times.ts';
import { openBeneath, openPathOnly } from '../../platform/posix/open-beneath.ts';
import { setXattrAt } from '../../platform/posix/xattr.ts';
import { applyAttributes, attempt, chownWhereAllowed } from './apply-attributes.ts';
import type { PlannedEntry, PlannedOther } from './restore-plan.ts';
import { setSize } from './write-sparse.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
const permissionBits = 0o7777;

/** Paths are bytes as Latin-1 strings, relative to the folder. */
export interface DestinationFolder extends Disposable {
  readonly rootFd: number;
  readonly isEmpty: boolean;
  exists(path: string): 'directory' | 'other' | undefined;
  /** Renames one entry that is no directory into the same path of another folder, over what is there. */
  moveTo(other: DestinationFolder, path: string): void;
  /** The parent's descriptor is only good until the next call. */
  at<T>(path: string, act: (dirFd: number, name: Buffer) => T): T;
  /** Removes one file, link or node; not a directory with content. */
  remove(path: string): void;
  /** Makes the directory unless it is there, closed to others until its own mode is set. */
  makeDirectory(path: string): void;
  /** An empty file of its final size, to be filled. */
  makeFile(path: string, size: number): void;
  /** Links, fifos and device nodes, complete. Returns what could not be set. */
  makeOther(entry: PlannedOther): string[];
  makeHardLink(existing: string, path: string): void;
  finishFile(entry: PlannedEntry): string[];
  finishDirectory(entry: PlannedEntry): string[];
}

/** `target` is made when it is absent; it may itself be reached through links, what is below may not. */
export function openDestination(target: string): DestinationFolder {
  const rootFd = openRoot(target);
  const parents = parentCache(rootFd);
  const at = <T>(path: string, act: (dirFd: number, name: Buffer) => T): T =>
    act(parents.fdOf(parentOf(path)), nameOf(path));

  return {
    rootFd,
    isEmpty: readdirSync(target).length === 0,
    exists: (path) =>
      ignoreAbsent(() =>
        at(path, (dirFd, name) => (statAt(dirFd, name).isDirectory() ? 'directory' : 'other')),
      ),
    at,
    moveTo(other, path) {
      at(path, (fromFd, name) => other.at(path, (toFd) => renameAt(fromFd, name, toFd, name)));
    },
    remove(path) {
      at(path, (dirFd, name) =>
        statAt(dirFd, name).isDirectory() ? removeDirectoryAt(dirFd, name) : unlinkAt(dirFd, name),
      );
    },
    makeDirectory: (path) => at(path, makeDirectory),
    makeFile(path, size) {
      const fd = openBeneath(rootFd, bytesOf(path), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        setSize(fd, size);
      } finally {
        closeSync(fd);
      }
    },
    makeOther: (entry) => at(entry.path, (dirFd, name) => makeOther(dirFd, name, entry)),
    makeHardLink(existing, path) {
      const fromFd = openBeneathOrRoot(rootFd, parentOf(existing));
      try {
        at(path, (dirFd, name) => linkAt(fromFd, nameOf(existing), dirFd, name));
      } finally {
        if (fromFd !== rootFd) closeSync(fromFd);
      }
    },
    finishFile: (entry) => withOpen(rootFd, entry, O_WRONLY | O_NOFOLLOW),
    finishDirectory: (entry) => withOpen(rootFd, entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
    [Symbol.dispose]() {
      parents.close();
      closeSync(rootFd);
    },
  };
}

function openRoot(target: string): number {
  try {
    mkdirSync(target, { recursive: true });
    return openSync(target, O_RDONLY | O_DIRECTORY);
  } catch (cause) {
    throw new LifeboatError(
      'PERMISSION_DENIED',
      `the folder ${target} cannot be used: ${systemErrorName(cause) ?? 'unknown error'}`,
      {
        hint: 'Choose a folder that can be written with `--to`.',
        cause,
      },
    );
  }
}

/** A directory that is there already keeps its content; anything else in its place is an error of the system. */
function makeDirectory(dirFd: number, name: Buffer): void {
  try {
    mkdirAt(dirFd, name, 0o700);
  } catch (error) {
    if (systemErrorName(error) !== 'EEXIST' || !statAt(dirFd, name).isDirectory()) throw error;
  }
}

function makeOther(dirFd: number, name: Buffer, entry: PlannedOther): string[] {
  const { attributes } = entry;
  const isLink = entry.type === 'symlink';
  if (isLink) symlinkAt(entry.linkTarget ?? Buffer.alloc(0), dirFd, name);
  else mknodAt(dirFd, name, (attributes.mode & constants.S_IFMT) | 0o600, entry.rdev ?? 0n);
  const problems: string[] = [];
  attempt(problems, 'owner', () =>
    chownWhereAllowed(() => chownAt(dirFd, name, attributes.uid, attributes.gid)),
  );
  if (!isLink) attempt(problems, 'mode', () => chmodAt(dirFd, name, attributes.mode & permissionBits));
  for (const xattr of attributes.xattrs) {
    attempt(problems, `extended attribute ${xattr.name}`, () =>
      setXattrAt(dirFd, name, xattr.name, xattr.value),
    );
  }
  attempt(problems, 'times', () => setTimesAt(dirFd, name, attributes));
  return problems;
}

function withOpen(rootFd: number, { path, attributes }: PlannedEntry, flags: number): string[] {
  const fd = openBeneath(rootFd, bytesOf(path), flags);
  try {
    return applyAttributes(fd, attributes);
  } finally {
    closeSync(fd);
  }
}

/** Entries come directory by directory, so the last parent is the next one's as a rule. */
function parentCache(rootFd: number): { fdOf(path: string): number; close(): void } {
  let last: { readonly path: string; readonly fd: number } | undefined;
  const close = (): void => {
    if (last && last.fd !== rootFd) closeSync(last.fd);
    last = undefined;
  };
  return {
    close,
    fdOf(path) {
      if (last?.path === path) return last.fd;
      const fd = openBeneathOrRoot(rootFd, path);
      close();
      last = { path, fd };
      return fd;
    },
  };
}

function openBeneathOrRoot(rootFd: number, path: string): number {
  return path === '' ? rootFd : openBeneath(rootFd, bytesOf(path), openPathOnly | O_DIRECTORY);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

function nameOf(path: string): Buffer {
  return bytesOf(path.slice(path.lastIndexOf('/') + 1));
}

function bytesOf(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

function ignoreAbsent<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemErrorName(error) ?? '')) return undefined;
    throw error;
  }
}
