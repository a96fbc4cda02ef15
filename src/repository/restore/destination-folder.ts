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
  statAt,
  symlinkAt,
  unlinkAt,
} from '../../platform/posix/entry-at.ts';
import { setTimesAt } from '../../platform/posix/file-times.ts';
import { openBeneath, openPathOnly } from '../../platform/posix/open-beneath.ts';
import { setXattrAt } from '../../platform/posix/xattr.ts';
import { applyAttributes, attempt, chownWhereAllowed } from './apply-attributes.ts';
import type { PlannedEntry } from './restore-plan.ts';
import { setSize } from './write-sparse.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;
const permissionBits = 0o7777;

export interface DestinationFolder extends Disposable {
  readonly rootFd: number;
  readonly isEmpty: boolean;
  exists(path: Buffer): 'directory' | 'other' | undefined;
  /** Removes one file, link or node; not a directory with content. */
  remove(path: Buffer): void;
  /** Makes the directory unless it is there, closed to others until its own mode is set. */
  makeDirectory(path: Buffer): void;
  /** An empty file of its final size, to be filled. */
  makeFile(path: Buffer, size: number): void;
  /** Links, fifos and device nodes, complete. Returns what could not be set. */
  makeOther(entry: PlannedEntry): string[];
  makeHardLink(existing: Buffer, path: Buffer): void;
  finishFile(entry: PlannedEntry): string[];
  finishDirectory(entry: PlannedEntry): string[];
}

/** `target` is made when it is absent; it may itself be reached through links, what is below may not. */
export function openDestination(target: string): DestinationFolder {
  const rootFd = openRoot(target);
  const parents = parentCache(rootFd);
  const at = <T>(path: Buffer, act: (dirFd: number, name: Buffer) => T): T =>
    act(parents.fdOf(parentOf(path)), nameOf(path));

  return {
    rootFd,
    isEmpty: readdirSync(target).length === 0,
    exists: (path) =>
      ignoreAbsent(() =>
        at(path, (dirFd, name) => (statAt(dirFd, name).isDirectory() ? 'directory' : 'other')),
      ),
    remove(path) {
      at(path, (dirFd, name) =>
        statAt(dirFd, name).isDirectory() ? removeDirectoryAt(dirFd, name) : unlinkAt(dirFd, name),
      );
    },
    makeDirectory: (path) => at(path, makeDirectory),
    makeFile(path, size) {
      const fd = openBeneath(rootFd, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
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

function makeOther(dirFd: number, name: Buffer, { metadata }: PlannedEntry): string[] {
  const isLink = metadata.type === 'symlink';
  if (isLink) symlinkAt(metadata.linkTarget ?? Buffer.alloc(0), dirFd, name);
  else mknodAt(dirFd, name, (metadata.mode & constants.S_IFMT) | 0o600, metadata.rdev ?? 0n);
  const problems: string[] = [];
  attempt(problems, 'owner', () => chownWhereAllowed(() => chownAt(dirFd, name, metadata.uid, metadata.gid)));
  if (!isLink) attempt(problems, 'mode', () => chmodAt(dirFd, name, metadata.mode & permissionBits));
  for (const xattr of metadata.xattrs ?? []) {
    attempt(problems, `extended attribute ${xattr.name}`, () =>
      setXattrAt(dirFd, name, xattr.name, xattr.value),
    );
  }
  attempt(problems, 'times', () => setTimesAt(dirFd, name, metadata));
  return problems;
}

function withOpen(rootFd: number, { path, metadata }: PlannedEntry, flags: number): string[] {
  const fd = openBeneath(rootFd, path, flags);
  try {
    return applyAttributes(fd, { ...metadata, xattrs: metadata.xattrs ?? [] });
  } finally {
    closeSync(fd);
  }
}

/** Entries come directory by directory, so the last parent is the next one's as a rule. */
function parentCache(rootFd: number): { fdOf(path: Buffer): number; close(): void } {
  let last: { readonly path: Buffer; readonly fd: number } | undefined;
  const close = (): void => {
    if (last && last.fd !== rootFd) closeSync(last.fd);
    last = undefined;
  };
  return {
    close,
    fdOf(path) {
      if (last?.path.equals(path)) return last.fd;
      const fd = openBeneathOrRoot(rootFd, path);
      close();
      last = { path, fd };
      return fd;
    },
  };
}

function openBeneathOrRoot(rootFd: number, path: Buffer): number {
  return path.length === 0 ? rootFd : openBeneath(rootFd, path, openPathOnly | O_DIRECTORY);
}

function parentOf(path: Buffer): Buffer {
  return path.subarray(0, Math.max(path.lastIndexOf(0x2f), 0));
}

function nameOf(path: Buffer): Buffer {
  return path.subarray(path.lastIndexOf(0x2f) + 1);
}

function ignoreAbsent<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemErrorName(error) ?? '')) return undefined;
    throw error;
  }
}
