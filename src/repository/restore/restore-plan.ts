/** What a restore has to do, decided before anything is written. */
import type { EntryType } from '../../source/entry-metadata.ts';
import { listSnapshot } from '../read/list-snapshot.ts';
import type { TreeReader } from '../read/tree-reader.ts';
import type { EntryProblem, PathSelection, Snapshot } from '../repository-types.ts';
import { metadataFromNode, type RestoreMetadata } from '../tree/metadata-from-node.ts';
import type { Node } from '../tree/node.ts';
import type { FileAttributes } from './restore-protocol.ts';

/** A plan holds one for every entry of a snapshot: only what is set on it in the end. */
export interface PlannedEntry {
  /** Below the destination, without a leading slash; bytes as a Latin-1 string, which takes half the memory. */
  readonly path: string;
  readonly attributes: FileAttributes;
}

export interface PlannedFile extends PlannedEntry {
  readonly content: readonly string[];
  readonly size: number;
}

/** A link, fifo or device node. */
export interface PlannedOther extends PlannedEntry {
  readonly type: EntryType;
  readonly linkTarget: Buffer | undefined;
  readonly rdev: bigint | undefined;
}

export interface RestorePlan {
  /** Parents before children. */
  readonly directories: readonly PlannedEntry[];
  readonly files: readonly PlannedFile[];
  /** Further names of files already planned. */
  readonly hardLinks: readonly { readonly path: string; readonly file: number }[];
  readonly others: readonly PlannedOther[];
  readonly bytes: number;
  /** Entries that cannot be restored at all. */
  readonly problems: readonly EntryProblem[];
}

interface Draft {
  readonly directories: PlannedEntry[];
  readonly files: PlannedFile[];
  readonly hardLinks: { readonly path: string; readonly file: number }[];
  readonly others: PlannedOther[];
  readonly problems: EntryProblem[];
  /** Directories above chosen entries that were not chosen themselves. */
  readonly above: Map<string, PlannedEntry>;
  readonly fileByInode: Map<string, number>;
  bytes: number;
}

export async function planRestore(
  trees: TreeReader,
  snapshot: Snapshot,
  options: PathSelection,
): Promise<RestorePlan> {
  const draft: Draft = {
    directories: [],
    files: [],
    hardLinks: [],
    others: [],
    problems: [],
    above: new Map(),
    fileByInode: new Map(),
    bytes: 0,
  };
  const select = options.select ?? (() => 'take' as const);
  for await (const { path, node } of listSnapshot(
    trees,
    snapshot,
    options.signal ? { signal: options.signal } : {},
  )) {
    const choice = node.problem === undefined ? select(path, node.type === 'dir') : 'take';
    if (choice !== 'take' && node.type !== 'dir') continue;
    addEntry(draft, path, node, choice === 'take');
  }
  return draft;
}

function addEntry(draft: Draft, fullPath: Buffer, node: Node, taken: boolean): void {
  if (node.type === 'socket') return;
  const path = fullPath.toString('latin1', 1);
  const metadata = usableMetadata(draft, fullPath, node);
  if (!metadata) return;
  const attributes = attributesOf(metadata);
  if (node.type === 'dir') {
    if (taken) {
      takeAncestors(draft, path);
      draft.directories.push({ path, attributes });
    } else draft.above.set(path, { path, attributes });
    return;
  }
  takeAncestors(draft, path);
  if (node.type === 'file')
    addFile(draft, { path, attributes, content: node.content ?? [], size: node.size }, metadata);
  else
    draft.others.push({
      path,
      attributes,
      type: metadata.type,
      linkTarget: metadata.linkTarget,
      rdev: metadata.rdev,
    });
}

function attributesOf({
  mode,
  uid,
  gid,
  mtimeNs,
  atimeNs,
  xattrs = noAttributes,
}: RestoreMetadata): FileAttributes {
  return { mode, uid, gid, mtimeNs, atimeNs, xattrs };
}

const noAttributes: FileAttributes['xattrs'] = [];

function usableMetadata(draft: Draft, path: Buffer, node: Node): RestoreMetadata | undefined {
  if (node.problem === undefined) return metadataFromNode(node, path.toString('utf8'));
  draft.problems.push({
    path: JSON.stringify(path.toString('utf8')),
    reason: node.problem,
    metadataOnly: false,
  });
  return undefined;
}

/** Directories on the way to something chosen are made, with their own metadata. */
function takeAncestors(draft: Draft, path: string): void {
  if (draft.above.size === 0) return;
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const directory = draft.above.get(path.slice(0, slash));
    if (!directory) continue;
    draft.above.delete(path.slice(0, slash));
    draft.directories.push(directory);
  }
}

function addFile(draft: Draft, file: PlannedFile, { inode, deviceId, links = 1 }: RestoreMetadata): void {
  const inodeKey = links > 1 && inode !== undefined ? `${deviceId ?? 0n}:${inode}` : undefined;
  const first = inodeKey === undefined ? undefined : draft.fileByInode.get(inodeKey);
  if (first !== undefined && sameContent(draft.files[first], file)) {
    draft.hardLinks.push({ path: file.path, file: first });
    return;
  }
  if (inodeKey !== undefined) draft.fileByInode.set(inodeKey, draft.files.length);
  draft.files.push(file);
  draft.bytes += file.size;
}

/** A file may have been replaced between two of its links being read; then they are different files. */
function sameContent(a: PlannedFile | undefined, b: PlannedFile): boolean {
  return (
    a !== undefined &&
    a.content.length === b.content.length &&
    a.content.every((id, n) => id === b.content[n])
  );
}
