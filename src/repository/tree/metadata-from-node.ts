import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { EntryMetadata } from '../../source/entry-metadata.ts';
import { unixModeFromGo } from './go-mode.ts';
import type { Node } from './node.ts';
import { parseTime } from './time-format.ts';

/** What a restore sets on an entry. */
export interface RestoreMetadata extends EntryMetadata {
  readonly atimeNs: bigint;
}

/** Raises OBJECT_DAMAGED, naming `what`, for an entry that must not be restored or has an unreadable time. */
export function metadataFromNode(node: Node, what: string): RestoreMetadata {
  const { type, problem } = node;
  if (type === 'irregular' || problem !== undefined)
    throw unusable(what, problem ?? 'it is of no known kind');
  const mtimeNs = timeOf(node.mtime, 'modification', what);
  return {
    type,
    mode: unixModeFromGo(node.mode),
    mtimeNs,
    atimeNs: node.atime === node.mtime ? mtimeNs : timeOf(node.atime, 'access', what),
    ctimeNs: node.ctime === node.mtime ? mtimeNs : timeOf(node.ctime, 'change', what),
    uid: node.uid,
    gid: node.gid,
    user: node.user,
    group: node.group,
    size: node.size,
    links: node.links,
    xattrs: node.xattrs,
    ...(node.inode === undefined ? {} : { inode: node.inode }),
    ...(node.deviceId === undefined ? {} : { deviceId: node.deviceId }),
    ...(node.linkTarget === undefined ? {} : { linkTarget: node.linkTarget }),
    ...(node.device === undefined ? {} : { rdev: node.device }),
  };
}

function timeOf(text: string, which: string, what: string): bigint {
  const ns = parseTime(text);
  if (ns === undefined) throw unusable(what, `its ${which} time is not a time`);
  return ns;
}

function unusable(what: string, why: string): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `${what} cannot be used: ${why}`, {
    hint: 'Leave this entry out of the restore, or restore it from another snapshot.',
  });
}
