/** What a restore has to do, decided before anything is written. */
import type { BlobIndex, BlobLocation } from '../index/blob-index.ts';
import { listSnapshot } from '../read/list-snapshot.ts';
import type { TreeReader } from '../read/tree-reader.ts';
import type { EntryProblem, RestoreOptions, Snapshot } from '../repository-types.ts';
import { metadataFromNode, type RestoreMetadata } from '../tree/metadata-from-node.ts';
import type { Node } from '../tree/node.ts';

export interface PlannedEntry {
  /** Below the destination, without a leading slash. */
  readonly path: Buffer;
  readonly metadata: RestoreMetadata;
}

export interface PlannedFile extends PlannedEntry {
  readonly content: readonly string[];
  readonly size: number;
}

export interface RestorePlan {
  /** Parents before children. */
  readonly directories: readonly PlannedEntry[];
  readonly files: readonly PlannedFile[];
  /** Further names of files already planned. */
  readonly hardLinks: readonly { readonly path: Buffer; readonly file: number }[];
  readonly others: readonly PlannedEntry[];
  readonly bytes: number;
  /** Entries that cannot be restored at all. */
  readonly problems: readonly EntryProblem[];
}

interface Draft {
  readonly directories: PlannedEntry[];
  readonly files: PlannedFile[];
  readonly hardLinks: { readonly path: Buffer; readonly file: number }[];
  readonly others: PlannedEntry[];
  readonly problems: EntryProblem[];
  /** Directories above chosen entries that were not chosen themselves. */
  readonly above: Map<string, PlannedEntry>;
  readonly fileByInode: Map<string, number>;
  bytes: number;
}

export async function planRestore(
  trees: TreeReader,
  snapshot: Snapshot,
  options: RestoreOptions,
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
  const path = fullPath.subarray(1);
  const metadata = usableMetadata(draft, fullPath, node);
  if (!metadata) return;
  if (node.type === 'dir') {
    if (taken) {
      takeAncestors(draft, path);
      draft.directories.push({ path, metadata });
    } else draft.above.set(path.toString('latin1'), { path, metadata });
    return;
  }
  takeAncestors(draft, path);
  if (node.type === 'file') addFile(draft, { path, metadata, content: node.content ?? [], size: node.size });
  else draft.others.push({ path, metadata });
}

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
function takeAncestors(draft: Draft, path: Buffer): void {
  if (draft.above.size === 0) return;
  const text = path.toString('latin1');
  for (let slash = text.indexOf('/'); slash !== -1; slash = text.indexOf('/', slash + 1)) {
    const directory = draft.above.get(text.slice(0, slash));
    if (!directory) continue;
    draft.above.delete(text.slice(0, slash));
    draft.directories.push(directory);
  }
}

function addFile(draft: Draft, file: PlannedFile): void {
  const { inode, deviceId, links = 1 } = file.metadata;
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

export interface WantedBlob {
  readonly id: string;
  readonly place: BlobLocation;
  readonly targets: { readonly file: number; readonly offset: number; readonly whole: boolean }[];
}

export interface WantedBlobs {
  readonly byPack: ReadonlyMap<string, readonly WantedBlob[]>;
  /** Files that need a blob that no pack has, with the blob's id. */
  readonly missing: readonly { readonly file: number; readonly id: string }[];
}

/** Which blobs are needed from which pack, and where each of them goes. */
export function wantedBlobs(files: readonly PlannedFile[], index: BlobIndex): WantedBlobs {
  const blobs = new Map<string, WantedBlob>();
  const missing: { file: number; id: string }[] = [];
  for (const [file, { content }] of files.entries()) {
    let offset = 0;
    for (const id of content) {
      const blob = blobs.get(id) ?? newBlob(blobs, index, id);
      if (!blob) {
        missing.push({ file, id });
        break;
      }
      blob.targets.push({ file, offset, whole: content.length === 1 });
      offset += index.plaintextBytes('data', id) ?? 0;
    }
  }
  return { byPack: Map.groupBy(blobs.values(), (blob) => blob.place.packId), missing };
}

function newBlob(blobs: Map<string, WantedBlob>, index: BlobIndex, id: string): WantedBlob | undefined {
  const place = index.find('data', id);
  if (!place) return undefined;
  const blob: WantedBlob = { id, place, targets: [] };
  blobs.set(id, blob);
  return blob;
}
