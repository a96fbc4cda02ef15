/** One directory of the tree that is being saved: its entries so far, and the same directory in the parent snapshot. */
import { defined } from '../../error/assert.ts';
import type { EntryMetadata } from '../../source/entry-metadata.ts';
import { type DigestEntry, directoryDigest, fileDigest, linkDigest } from '../content-digest.ts';
import { compareNodes, type Node } from '../tree/node.ts';

export interface SavedEntry {
  readonly node: Node;
  /** Digest of a directory's contents; of other kinds it is computed from the node. */
  readonly digest?: string;
}

export interface OpenDirectory {
  readonly name: Buffer;
  readonly metadata: EntryMetadata | undefined;
  /** The directory's full path, for problems. */
  readonly path: string;
  /** The entries of the same directory in the parent snapshot, by name in Latin-1; `undefined` when it is new. */
  readonly before: ReadonlyMap<string, Node> | undefined;
  readonly beforeTree: string | undefined;
  /** As `before`, in the base of patched contents. */
  readonly base: ReadonlyMap<string, Node> | undefined;
  /** `undefined` stands for an entry that could not be read. */
  readonly entries: (SavedEntry | undefined | Promise<SavedEntry | undefined>)[];
  pending: number;
}

export function entriesByName(nodes: readonly Node[]): ReadonlyMap<string, Node> {
  return new Map(nodes.map((node) => [node.name.toString('latin1'), node]));
}

/** Sorted; the sources promise unique names, and encoding a tree asserts it. */
export function sortedEntries(entries: readonly (SavedEntry | undefined)[]): SavedEntry[] {
  const there = entries.filter((entry) => entry !== undefined);
  return there.sort((a, b) => compareNodes(a.node, b.node));
}

export function digestOf(entries: readonly SavedEntry[]): string {
  return directoryDigest(entries.map(digestEntry));
}

function digestEntry({ node, digest }: SavedEntry): DigestEntry {
  return { name: node.name, type: node.type, size: node.size, content: digest ?? contentOf(node) };
}

function contentOf(node: Node): string {
  if (node.type === 'file') return fileDigest(defined(node.content, 'content of a file'));
  if (node.type === 'symlink' && node.linkTarget) return linkDigest(node.linkTarget);
  return '';
}
