import type { EntryMetadata, EntryType } from '../../source/entry-metadata.ts';
import { goModeFromUnix } from './go-mode.ts';
import { nameProblem } from './name-problem.ts';
import type { Node } from './node.ts';
import { formatTime } from './time-format.ts';

/** What was stored for an entry: a regular file's blobs and the bytes really read, a directory's tree. */
export type StoredContent =
  | { readonly kind: 'file'; readonly ids: readonly string[]; readonly sizeBytes: number }
  | { readonly kind: 'dir'; readonly subtree: string }
  | { readonly kind: 'none' };

/** `atime` is the modification time, as in restic, so that reading a file does not change its directory's tree. */
export function nodeFromMetadata(name: Buffer, metadata: EntryMetadata, stored: StoredContent): Node {
  const { type } = metadata;
  const mtime = formatTime(metadata.mtimeNs);
  return {
    name,
    type,
    mode: goModeFromUnix(metadata.mode),
    mtime,
    atime: mtime,
    ctime: metadata.ctimeNs === metadata.mtimeNs ? mtime : formatTime(metadata.ctimeNs),
    uid: metadata.uid,
    gid: metadata.gid,
    user: metadata.user,
    group: metadata.group,
    inode: metadata.inode,
    deviceId: metadata.deviceId,
    size: stored.kind === 'file' ? stored.sizeBytes : 0,
    links: hasLinks(type) ? (metadata.links ?? 0) : 0,
    linkTarget: type === 'symlink' ? metadata.linkTarget : undefined,
    xattrs: metadata.xattrs ?? [],
    genericAttributes: undefined,
    device: isDevice(type) ? metadata.rdev : undefined,
    content: stored.kind === 'file' ? stored.ids : null,
    subtree: stored.kind === 'dir' ? stored.subtree : undefined,
    error: '',
    problem: nameProblem(name),
  };
}

/** Source: restic, internal/fs/node.go: no link count for directories, pipes and sockets. */
function hasLinks(type: EntryType): boolean {
  return type === 'file' || type === 'symlink' || isDevice(type);
}

function isDevice(type: EntryType): boolean {
  return type === 'dev' || type === 'chardev';
}
