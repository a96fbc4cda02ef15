import { type DigestEntry, directoryDigest, fileDigest, linkDigest } from '../content-digest.ts';
import { compareNodes, type Node } from '../tree/node.ts';
import type { TreeReader } from './tree-reader.ts';

/** `contentDigest` of a stored tree, without the named entries of its root. */
export async function snapshotDigest(
  trees: TreeReader,
  tree: string,
  leaveOut: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const entries: DigestEntry[] = [];
  for (const node of [...(await trees.load(tree, signal))].sort(compareNodes)) {
    if (leaveOut.includes(node.name.toString('utf8'))) continue;
    entries.push({
      name: node.name,
      type: node.type,
      size: node.size,
      content: await contentOf(trees, node, signal),
    });
  }
  return directoryDigest(entries);
}

async function contentOf(trees: TreeReader, node: Node, signal?: AbortSignal): Promise<string> {
  if (node.type === 'file') return fileDigest(node.content ?? []);
  if (node.subtree !== undefined) return await snapshotDigest(trees, node.subtree, [], signal);
  return node.type === 'symlink' && node.linkTarget ? linkDigest(node.linkTarget) : '';
}
