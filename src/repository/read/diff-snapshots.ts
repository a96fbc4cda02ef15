import type { DiffEntry, Snapshot } from '../repository-types.ts';
import { encodeNode } from '../tree/encode-tree.ts';
import type { Node } from '../tree/node.ts';
import type { TreeReader } from './tree-reader.ts';

/** What changed between two snapshots; directories with the same tree are not walked. */
export async function* diffSnapshots(
  trees: TreeReader,
  older: Snapshot,
  newer: Snapshot,
  signal?: AbortSignal,
): AsyncGenerator<DiffEntry> {
  yield* diffTrees({ trees, signal }, older.tree, newer.tree, '');
}

interface Walk {
  readonly trees: TreeReader;
  readonly signal: AbortSignal | undefined;
}

async function* diffTrees(
  walk: Walk,
  older: string | undefined,
  newer: string | undefined,
  parent: string,
): AsyncGenerator<DiffEntry> {
  if (older === newer) return;
  const before = await nodesByName(walk, older);
  const after = await nodesByName(walk, newer);
  for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    yield* diffNodes(walk, before.get(name), after.get(name), `${parent}/${name}`);
  }
}

async function* diffNodes(
  walk: Walk,
  before: Node | undefined,
  after: Node | undefined,
  path: string,
): AsyncGenerator<DiffEntry> {
  const change = changeOf(before, after);
  if (change) yield entryOf(change, before, after, path);
  if (before?.subtree !== undefined || after?.subtree !== undefined)
    yield* diffTrees(walk, before?.subtree, after?.subtree, path);
}

function changeOf(before: Node | undefined, after: Node | undefined): DiffEntry['change'] | undefined {
  if (!before) return '+';
  if (!after) return '-';
  if (before.type !== after.type) return 'T';
  if ((before.content ?? []).join() !== (after.content ?? []).join()) return 'M';
  return encodeNode(withoutSubtree(before)) === encodeNode(withoutSubtree(after)) ? undefined : 'U';
}

function withoutSubtree(node: Node): Node {
  return { ...node, subtree: undefined };
}

function entryOf(
  change: DiffEntry['change'],
  before: Node | undefined,
  after: Node | undefined,
  path: string,
): DiffEntry {
  return {
    path: Buffer.from(path, 'latin1'),
    change,
    type: (after ?? before)?.type ?? 'file',
    ...(before?.type === 'file' ? { sizeBefore: before.size } : {}),
    ...(after?.type === 'file' ? { sizeAfter: after.size } : {}),
  };
}

async function nodesByName({ trees, signal }: Walk, tree: string | undefined): Promise<Map<string, Node>> {
  const nodes = tree === undefined ? [] : await trees.load(tree, signal);
  return new Map(nodes.map((node) => [node.name.toString('latin1'), node]));
}
