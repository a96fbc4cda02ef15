import type { EntryMetadata } from '../../source/entry-metadata.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import type { Node } from '../tree/node.ts';
import { formatTime, parseTime } from '../tree/time-format.ts';

/**
 * The parent's content ids of a file whose stat data are as they were, if all its blobs are still there.
 * Type, size, both times and the inode must agree. Source: restic's change detection.
 */
export function unchangedContent(
  before: Node | undefined,
  metadata: EntryMetadata,
  index: BlobIndex,
): readonly string[] | undefined {
  if (before?.type !== 'file' || before.content === null) return undefined;
  if (before.size !== metadata.size || before.inode !== metadata.inode) return undefined;
  if (!sameTime(before.mtime, metadata.mtimeNs) || !sameTime(before.ctime, metadata.ctimeNs))
    return undefined;
  return before.content.every((id) => index.has('data', id)) ? before.content : undefined;
}

/** The parent may have been written in another time zone. */
function sameTime(stored: string, ns: bigint): boolean {
  return stored === formatTime(ns) || parseTime(stored) === ns;
}
