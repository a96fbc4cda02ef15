/**
 * The targets of a files source as a tree of path components from the root, so that common parents appear once
 * and a target inside another target is merged into it.
 */
import type { ByteString } from './byte-path.ts';

export interface TargetNode {
  /** True when everything below is wanted; false for a parent that is only on the way. */
  readonly wanted: boolean;
  readonly children: ReadonlyMap<ByteString, TargetNode>;
}

interface GrowingNode {
  wanted: boolean;
  readonly children: Map<ByteString, GrowingNode>;
}

/** `paths` as from `absolutePath`. The root node stands for `/`. */
export function buildTargetTree(paths: readonly ByteString[]): TargetNode {
  const root: GrowingNode = { wanted: false, children: new Map() };
  for (const path of paths) {
    let node = root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      const child: GrowingNode = node.children.get(name) ?? { wanted: false, children: new Map() };
      node.children.set(name, child);
      node = child;
    }
    node.wanted = true;
  }
  return root;
}
