import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ListOptions, Snapshot, SnapshotEntry } from '../repository-types.ts';
import type { Node } from '../tree/node.ts';
import { compareNodes } from '../tree/node.ts';
import type { TreeReader } from './tree-reader.ts';

/** Directories nested deeper than this are not real. */
const depthMax = 4096;
const slash = Buffer.from('/');

/** Every entry at and below the path, parents first, siblings by the bytes of their names. */
export async function* listSnapshot(
  trees: TreeReader,
  snapshot: Snapshot,
  options: ListOptions = {},
): AsyncGenerator<SnapshotEntry> {
  const recursive = options.recursive ?? true;
  const path = pathBytes(options.path ?? '/');
  if (path.length === 0) {
    yield* listTree(trees, snapshot.tree, path, recursive, options.signal);
    return;
  }
  const node = await findNode(trees, snapshot, path, options.signal);
  yield { path, node };
  if (node.subtree !== undefined) yield* listTree(trees, node.subtree, path, recursive, options.signal);
}

async function* listTree(
  trees: TreeReader,
  tree: string,
  parent: Buffer,
  recursive: boolean,
  signal?: AbortSignal,
): AsyncGenerator<SnapshotEntry> {
  const stack = [{ path: parent, nodes: inOrder(await trees.load(tree, signal)), at: 0 }];
  for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
    const node = level.nodes[level.at++];
    if (node === undefined) {
      stack.pop();
      continue;
    }
    const path = Buffer.concat([level.path, slash, node.name]);
    yield { path, node };
    if (!recursive || node.subtree === undefined || node.problem !== undefined) continue;
    if (stack.length >= depthMax) throw tooDeep(path);
    stack.push({ path, nodes: inOrder(await trees.load(node.subtree, signal)), at: 0 });
  }
}

/** Of several entries of one name only the first is sane. */
function inOrder(nodes: readonly Node[]): readonly Node[] {
  const sorted = [...nodes].sort(compareNodes);
  return sorted.map((node, at) => {
    const before = sorted[at - 1];
    return before?.name.equals(node.name) ? { ...node, problem: 'the name is there twice' } : node;
  });
}

/** Raises PATH_NOT_FOUND. `path` without a slash at its end. */
export async function findNode(
  trees: TreeReader,
  snapshot: Snapshot,
  path: Buffer,
  signal?: AbortSignal,
): Promise<Node> {
  let tree: string | undefined = snapshot.tree;
  let found: Node | undefined;
  for (const name of componentsOf(path)) {
    const nodes: readonly Node[] = tree === undefined ? [] : await trees.load(tree, signal);
    found = nodes.find((node) => node.name.equals(name));
    if (found === undefined) break;
    tree = found.subtree;
  }
  if (found) return found;
  throw new LifeboatError(
    'PATH_NOT_FOUND',
    `${path.toString('utf8')} is not in snapshot ${snapshot.id.slice(0, 8)}`,
    {
      hint: 'Run `lifeboat ls` to see what it holds.',
    },
  );
}

/** The path's bytes with one slash at the front and none at the end; empty for the root. */
export function pathBytes(path: string | Buffer): Buffer {
  const names = componentsOf(typeof path === 'string' ? Buffer.from(path) : path);
  return Buffer.concat(names.flatMap((name) => [slash, name]));
}

function componentsOf(path: Buffer): Buffer[] {
  return path
    .toString('latin1')
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .map((name) => Buffer.from(name, 'latin1'));
}

function tooDeep(path: Buffer): LifeboatError {
  return new LifeboatError(
    'OBJECT_DAMAGED',
    `directories are nested deeper than ${depthMax} levels at ${path.toString('utf8').slice(0, 80)}…`,
    {
      hint: 'The snapshot was not made from a real folder; do not restore it.',
    },
  );
}
