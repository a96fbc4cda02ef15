/** Reads what the system knows about one directory entry. */
import fs from 'node:fs';
import { groupName, userName } from '../../platform/posix/accounts.ts';
import { listXattrs } from '../../platform/posix/xattr.ts';
import type { EntryMetadata, EntryType } from '../entry-metadata.ts';

/** An entry of a kind that Unix does not know is `undefined`. */
export function entryTypeOf(mode: number): EntryType | undefined {
  return types.get(mode & fs.constants.S_IFMT);
}

const types: ReadonlyMap<number, EntryType> = new Map([
  [fs.constants.S_IFREG, 'file'],
  [fs.constants.S_IFDIR, 'dir'],
  [fs.constants.S_IFLNK, 'symlink'],
  [fs.constants.S_IFBLK, 'dev'],
  [fs.constants.S_IFCHR, 'chardev'],
  [fs.constants.S_IFIFO, 'fifo'],
  [fs.constants.S_IFSOCK, 'socket'],
]);

/** `stats` of the entry at `path`, not of what a link points to. Raises the errors of readlink(2). */
export function metadataOf(path: Buffer, stats: fs.BigIntStats, type: EntryType): EntryMetadata {
  const uid = Number(stats.uid);
  const gid = Number(stats.gid);
  const metadata = {
    type,
    mode: Number(stats.mode),
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    uid,
    gid,
    user: userName(uid),
    group: groupName(gid),
    inode: BigInt.asUintN(64, stats.ino),
    deviceId: BigInt.asUintN(64, stats.dev),
    links: Number(stats.nlink),
    size: type === 'file' ? Number(stats.size) : 0,
  };
  if (type === 'symlink') return { ...metadata, linkTarget: fs.readlinkSync(path, { encoding: 'buffer' }) };
  if (type === 'dev' || type === 'chardev') return { ...metadata, rdev: BigInt.asUintN(64, stats.rdev) };
  return metadata;
}

/** The metadata with the entry's extended attributes, where it has any. Raises the errors of llistxattr(2). */
export function withXattrs(metadata: EntryMetadata, path: Buffer): EntryMetadata {
  const xattrs = listXattrs(path);
  return xattrs.length === 0 ? metadata : { ...metadata, xattrs };
}
