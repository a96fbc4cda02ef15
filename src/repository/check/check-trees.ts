import { turn } from '../../platform/timers.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import type { BlobType } from '../pack/pack-header.ts';
import { createTreeReader, type TreeReader } from '../read/tree-reader.ts';
import type { CheckFinding, CheckOptions, Snapshot } from '../repository-types.ts';
import { treeOrderProblem } from '../tree/decode-tree.ts';
import type { Node } from '../tree/node.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { type Findings, recording } from './findings.ts';

/** Packs that are read meanwhile need the thread as well. */
const treesPerTurn = 16;

const restoreOther =
  'Restore the affected paths from another snapshot or vault; `lifeboat ls` shows where they are.';

export interface TreesWalked {
  /** Numbers of the packs in which the first places of all that is needed lie. */
  readonly packs: ReadonlySet<number>;
  /** What is needed and in no index file. */
  readonly missing: readonly CheckFinding[];
  /** Places in the index, of what is needed and lies in `unnamedPacks`. */
  readonly unnamedEntries: ReadonlySet<number>;
}

export interface TreesOptions extends CheckOptions {
  /** Packs of the index that no index file names. */
  readonly unnamedPacks?: ReadonlySet<string>;
}

/**
 * Walks every tree of every snapshot once and sees whether all it refers to is in the index; with findings, of what
 * could be walked. What is missing is not among the findings.
 */
export async function checkTrees(
  access: RepositoryAccess,
  index: BlobIndex,
  snapshots: readonly Snapshot[],
  findings: Findings,
  options: TreesOptions,
): Promise<TreesWalked> {
  const trees = createTreeReader(access, index);
  const seen = new Set<string>();
  const { unnamedPacks = new Set() } = options;
  const unnamed = new Set([...unnamedPacks].map((id) => index.packNumberOf(id)));
  const needs = { index, unnamed, packs: new Set<number>(), unnamedEntries: new Set<number>() };
  const missing: CheckFinding[] = [];
  let doneFiles = 0;
  for (const snapshot of snapshots) {
    const stack = [snapshot.tree];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      if (!noteNeeded(needs, 'tree', id)) {
        missing.push(unknownBlob(treeText(id, snapshot), 'tree', id));
        continue;
      }
      const nodes = await loadTree(trees, id, snapshot, findings, options.signal);
      for (const node of nodes) checkNode(node, id, { needs, findings, missing, stack });
      doneFiles += nodes.length;
      if (seen.size % treesPerTurn === 0) await turn();
      options.progress?.({ phase: 'check trees', doneFiles, doneBytes: 0 });
    }
  }
  return { ...needs, missing };
}

interface Needs {
  readonly index: BlobIndex;
  /** Numbers of packs that no index file names. */
  readonly unnamed: ReadonlySet<number | undefined>;
  readonly packs: Set<number>;
  readonly unnamedEntries: Set<number>;
}

interface TreeCheck {
  readonly needs: Needs;
  readonly findings: Findings;
  readonly missing: CheckFinding[];
  readonly stack: string[];
}

/** Whether the index knows it. */
function noteNeeded({ index, unnamed, packs, unnamedEntries }: Needs, type: BlobType, id: string): boolean {
  const place = index.entryOf(type, id);
  if (place === undefined) return false;
  const pack = index.packNumberAt(place);
  packs.add(pack);
  if (unnamed.has(pack)) unnamedEntries.add(place);
  return true;
}

function treeText(id: string, snapshot: Snapshot): string {
  return `tree ${id} of snapshot ${snapshot.id.slice(0, 8)}`;
}

function unknownBlob(object: string, type: BlobType, id: string): CheckFinding {
  return { object, what: `needs the ${type} blob ${id}, which no index file knows`, hint: restoreOther };
}

async function loadTree(
  trees: TreeReader,
  id: string,
  snapshot: Snapshot,
  findings: Findings,
  signal?: AbortSignal,
): Promise<readonly Node[]> {
  const object = treeText(id, snapshot);
  const nodes = (await recording(findings, object, () => trees.load(id, signal))) ?? [];
  const order = treeOrderProblem(nodes);
  if (order !== undefined) findings.errors.push({ object, what: order, hint: restoreOther });
  return nodes;
}

function checkNode(node: Node, tree: string, { needs, findings, missing, stack }: TreeCheck): void {
  const object = `${JSON.stringify(node.name.toString('utf8'))} in tree ${tree}`;
  const report = (what: string): void => void findings.errors.push({ object, what, hint: restoreOther });
  if (node.problem !== undefined) report(node.problem);
  if (node.type === 'dir') {
    if (node.subtree === undefined) report('is a directory without a tree');
    else if (needs.index.has('tree', node.subtree)) stack.push(node.subtree);
    else missing.push(unknownBlob(object, 'tree', node.subtree));
  }
  if (node.type !== 'file') return;
  if (node.content === null) report('is a file without a list of contents');
  for (const id of node.content ?? [])
    if (!noteNeeded(needs, 'data', id)) missing.push(unknownBlob(object, 'data', id));
}
