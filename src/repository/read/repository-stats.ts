import type { BlobIndex } from '../index/blob-index.ts';
import type { BlobType } from '../pack/pack-header.ts';
import type { RepositoryStats, Snapshot } from '../repository-types.ts';
import type { TreeReader } from './tree-reader.ts';

/** What the snapshots hold after a restore, and what they take in the vault. */
export async function repositoryStats(
  index: BlobIndex,
  trees: TreeReader,
  snapshots: readonly Snapshot[],
  signal?: AbortSignal,
): Promise<RepositoryStats> {
  const blobs = new Set<string>();
  const totalsByTree = new Map<string, TreeTotals>();
  let files = 0;
  let restoreBytes = 0;
  for (const snapshot of snapshots) {
    const totals = await totalsOf(trees, snapshot.tree, totalsByTree, blobs, signal);
    files += totals.files;
    restoreBytes += totals.bytes + sum(totals.linked.values());
  }
  return { snapshots: snapshots.length, files, restoreBytes, ...sizesOf(index, blobs) };
}

interface TreeTotals {
  readonly files: number;
  /** Of files with one name. */
  readonly bytes: number;
  /** Size by device and inode of files with several names: they take their bytes once. */
  readonly linked: ReadonlyMap<string, number>;
}

/** Each tree is loaded once, however many snapshots share it. */
async function totalsOf(
  trees: TreeReader,
  tree: string,
  known: Map<string, TreeTotals>,
  blobs: Set<string>,
  signal?: AbortSignal,
): Promise<TreeTotals> {
  const before = known.get(tree);
  if (before) return before;
  blobs.add(`t${tree}`);
  let files = 0;
  let bytes = 0;
  const linked = new Map<string, number>();
  for (const node of await trees.load(tree, signal)) {
    for (const id of node.content ?? []) blobs.add(`d${id}`);
    const below =
      node.subtree === undefined ? undefined : await totalsOf(trees, node.subtree, known, blobs, signal);
    files += (node.type === 'file' ? 1 : 0) + (below?.files ?? 0);
    bytes += below?.bytes ?? 0;
    for (const [inode, size] of below?.linked ?? []) linked.set(inode, size);
    if (node.links > 1) linked.set(`${node.deviceId}:${node.inode}`, node.size);
    else bytes += node.size;
  }
  const totals = { files, bytes, linked };
  known.set(tree, totals);
  return totals;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

function sizesOf(
  index: BlobIndex,
  blobs: ReadonlySet<string>,
): Pick<RepositoryStats, 'blobs' | 'blobBytes' | 'storedBytes'> {
  let blobBytes = 0;
  let storedBytes = 0;
  for (const blob of blobs) {
    const type: BlobType = blob[0] === 't' ? 'tree' : 'data';
    const id = blob.slice(1);
    blobBytes += index.plaintextBytes(type, id) ?? 0;
    storedBytes += index.find(type, id)?.length ?? 0;
  }
  return { blobs: blobs.size, blobBytes, storedBytes };
}
