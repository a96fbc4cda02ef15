import { mkdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathsBelow } from '../support/paths-below.ts';
import { makeRandomTree, type RandomTreeOptions } from '../support/random-tree.ts';

/**
 * A nasty tree that this restic stores as we do. One before 0.16 stores neither link targets that are not UTF-8
 * nor attributes of links, and quotes the characters that Unicode got since.
 */
export function makeTreeForRestic(tree: string, isNew: boolean, options: RandomTreeOptions): void {
  mkdirSync(tree);
  makeRandomTree(tree, { ...options, rawLinkTargets: isNew });
  if (isNew) return;
  for (const path of pathsBelow(tree))
    if (path.toString('latin1').endsWith(' lifebuoy'))
      unlinkSync(Buffer.concat([Buffer.from(`${tree}/`), path]));
  unlinkSync(join(tree, 'link-1'));
}
