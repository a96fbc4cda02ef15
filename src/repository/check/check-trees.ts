import { turn } from '../../platform/timers.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import type { BlobType } from '../pack/pack-header.ts';
import { createTreeReader, type TreeReader } from '../read/tree-reader.ts';
import type { CheckOptions, Snapshot } from '../repository-types.ts';
import { treeOrderProblem } from '../tree/decode-tree.ts';
import type { Node } from '../tree/node.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { type Findings, recording } from './findings.ts';

/** Packs that are read meanwhile need the thread as well. */
const treesPerTurn = 16;

const restoreOther =
  'Restore the affected paths from another snapshot or vault; `lifeboat ls` shows where they are.';

/**
 * Walks every tree of every snapshot once and sees whether all it refers to is in the index. Gives the numbers of the
 * packs in which the first places of all of it lie; with findings, of what could be walked.
 */
export async function checkTrees(
  access: RepositoryAccess,
  index: BlobIndex,
  snapshots: readonly Snapshot[],
  findings: Findings,
  options: CheckOptions,
): Promise<Set<number>> {
  const trees = createTreeReader(access, index);
  const seen = new Set<string>();
  const packs = new Set<number>();
  let doneFiles = 0;
  for (const snapshot of snapshots) {
    const stack = [snapshot.tree];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      noteNeeded(index, 'tree', id, packs);
      const nodes = await loadTree(trees, id, snapshot, findings, options.signal);
      for (const node of nodes) checkNode(node, id, { index, findings, stack, packs });
      doneFiles += nodes.length;
      if (seen.size % treesPerTurn === 0) await turn();
      options.progress?.({ phase: 'check trees', doneFiles, doneBytes: 0 });
    }
  }
  return packs;
}

interface TreeCheck {
  readonly index: BlobIndex;
  readonly findings: Findings;
  readonly stack: string[];
  readonly packs: Set<number>;
}

/** Whether the index knows it. */
function noteNeeded(index: BlobIndex, type: BlobType, id: string, packs: Set<number>): boolean {
  const place = index.entryOf(type, id);
  if (place !== undefined) packs.add(index.packNumberAt(place));
  return place !== undefined;
}

async function loadTree(
  trees: TreeReader,
  id: string,
  snapshot: Snapshot,
  findings: Findings,
  signal?: AbortSignal,
): Promise<readonly Node[]> {
  const object = `tree ${id} of snapshot ${snapshot.id.slice(0, 8)}`;
  const nodes = (await recording(findings, object, () => trees.load(id, signal))) ?? [];
  const order = treeOrderProblem(nodes);
  if (order !== undefined) findings.errors.push({ object, what: order, hint: restoreOther });
  return nodes;
}

function checkNode(node: Node, tree: string, { index, findings, stack, packs }: TreeCheck): void {
  const object = `${JSON.stringify(node.name.toString('utf8'))} in tree ${tree}`;
  const report = (what: string): void => void findings.errors.push({ object, what, hint: restoreOther });
  if (node.problem !== undefined) report(node.problem);
  if (node.type === 'dir') {
    if (node.subtree === undefined) report('is a directory without a tree');
    else if (index.has('tree', node.subtree)) stack.push(node.subtree);
    else report(`needs the tree blob ${node.subtree}, which no index file knows`);
  }
  if (node.type !== 'file') return;
  if (node.content === null) report('is a file without a list of contents');
  for (const id of node.content ?? [])
    if (!noteNeeded(index, 'data', id, packs)) report(`needs the data blob ${id}, which no index file knows`);
}
