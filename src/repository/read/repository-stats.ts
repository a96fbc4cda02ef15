import type { BlobIndex } from '../index/blob-index.ts';
import type { BlobType } from '../pack/pack-header.ts';
import type { RepositoryStats, Snapshot } from '../repository-types.ts';
import type { Node } from '../tree/node.ts';
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
  const totals = { files: 0, bytes: 0, linked: new Map<string, number>() };
  for (const node of await trees.load(tree, signal)) {
    for (const id of node.content ?? []) blobs.add(`d${id}`);
    if (node.subtree !== undefined)
      addTotals(totals, await totalsOf(trees, node.subtree, known, blobs, signal));
    else addEntry(totals, node);
  }
  known.set(tree, totals);
  return totals;
}

interface Sums {
  files: number;
  bytes: number;
  readonly linked: Map<string, number>;
}

function addTotals(sums: Sums, below: TreeTotals): void {
  sums.files += below.files;
  sums.bytes += below.bytes;
  for (const [inode, size] of below.linked) sums.linked.set(inode, size);
}

function addEntry(sums: Sums, node: Node): void {
  if (node.type === 'file') sums.files++;
  if (node.links > 1) sums.linked.set(`${node.deviceId}:${node.inode}`, node.size);
  else sums.bytes += node.size;
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
