/** Copies one entry with all that the system keeps of it. No link is followed. */
import fs from 'node:fs';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { chmodAt, chownAt, mknodAt, readLinkAt, statAt, symlinkAt } from '../../platform/posix/entry-at.ts';
import { entryPath } from '../../platform/posix/entry-path.ts';
import { setTimesAt } from '../../platform/posix/file-times.ts';
import { type Attribute, listXattrsAt, setXattrAt } from '../../platform/posix/xattr.ts';

/** An entry of an open folder. */
export interface EntryPlace {
  readonly folderFd: number;
  readonly name: Buffer;
}

/**
 * Makes `to`, which must not exist, out of `from`, which is no folder, and makes the bytes of a file durable.
 * Raises the system's errors, after which an unfinished `to` may be left.
 */
export function copyEntry(from: EntryPlace, to: EntryPlace): void {
  const stats = statAt(from.folderFd, from.name);
  if (stats.isSymbolicLink()) {
    symlinkAt(readLinkAt(from.folderFd, from.name), to.folderFd, to.name);
  } else if (stats.isFile()) {
    const { COPYFILE_EXCL, COPYFILE_FICLONE } = fs.constants;
    const paths = [entryPath(from.folderFd, from.name), entryPath(to.folderFd, to.name)] as const;
    fs.copyFileSync(...paths, COPYFILE_EXCL | COPYFILE_FICLONE);
  } else {
    mknodAt(to.folderFd, to.name, Number(stats.mode), stats.rdev);
  }
  applyMetadata(readMetadata(from), to);
  if (stats.isFile()) syncFile(to);
}

export interface KeptMetadata {
  readonly stats: fs.BigIntStats;
  readonly xattrs: readonly Attribute[];
}

export function readMetadata({ folderFd, name }: EntryPlace): KeptMetadata {
  return { stats: statAt(folderFd, name), xattrs: listXattrsAt(folderFd, name) };
}

/** Owner, attributes, mode and times; what is the same already is not touched, for that may need no rights. */
export function applyMetadata(wanted: KeptMetadata, { folderFd, name }: EntryPlace): void {
  const { uid, gid, mode, atimeNs, mtimeNs } = wanted.stats;
  const there = readMetadata({ folderFd, name });
  if (uid !== there.stats.uid || gid !== there.stats.gid) chownAt(folderFd, name, Number(uid), Number(gid));
  const values = new Map(there.xattrs.map((attribute) => [attribute.name, attribute.value]));
  for (const attribute of wanted.xattrs) {
    if (values.get(attribute.name)?.equals(attribute.value)) continue;
    setXattrAt(folderFd, name, attribute.name, attribute.value);
  }
  if (!wanted.stats.isSymbolicLink() && statAt(folderFd, name).mode !== mode) {
    chmodAt(folderFd, name, Number(mode & 0o7777n));
  }
  setTimesAt(folderFd, name, { atimeNs, mtimeNs });
}

/** Makes the bytes of a regular file durable. One that its owner may not even open is left to the system. */
export function syncFile(place: EntryPlace): void {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  let fd: number;
  try {
    fd = fs.openSync(entryPath(place.folderFd, place.name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (systemErrorName(error) === 'EACCES') return;
    throw error;
  }
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
