/** A small tree of entries, put together from paths and given out as events. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { EntryMetadata } from '../entry-metadata.ts';
import type { CaptureEvent, Content } from '../source.ts';

export interface FolderNode {
  readonly kind: 'folder';
  readonly metadata: EntryMetadata;
  readonly children: Map<string, FolderNode | FileNode>;
}

export interface FileNode {
  readonly kind: 'file';
  readonly metadata: EntryMetadata;
  readonly content: Content;
}

/** The root itself is not stored, so it has no metadata. */
export type EntryTree = Pick<FolderNode, 'children'>;

export function emptyEntryTree(): EntryTree {
  return { children: new Map() };
}

/**
 * Puts a file at its absolute path. `folderMetadata` is asked for parents that are not there yet; a folder keeps the
 * metadata it was first given. Raises SOURCE_INVALID when something else is at the path.
 */
export function placeFile(
  tree: EntryTree,
  path: string,
  file: Omit<FileNode, 'kind'>,
  folderMetadata: (path: string) => EntryMetadata,
): void {
  const names = path.split('/').slice(1);
  const last = names.pop() ?? '';
  let folder = tree;
  for (const [depth, name] of names.entries()) {
    const found = folder.children.get(name);
    if (found?.kind === 'file') throw takenTwice(path);
    const parent: FolderNode = found ?? {
      kind: 'folder',
      metadata: folderMetadata(`/${names.slice(0, depth + 1).join('/')}`),
      children: new Map(),
    };
    folder.children.set(name, parent);
    folder = parent;
  }
  if (folder.children.has(last)) throw takenTwice(path);
  folder.children.set(last, { kind: 'file', ...file });
}

/** Depth-first, as the Source port wants them. */
export function eventsOf(tree: EntryTree): readonly CaptureEvent[] {
  return [...tree.children].flatMap(([text, node]): readonly CaptureEvent[] => {
    const name = Buffer.from(text, 'utf8');
    const { metadata } = node;
    if (node.kind === 'file') return [{ kind: 'entry', name, metadata, content: node.content }];
    return [{ kind: 'enter', name, metadata }, ...eventsOf(node), { kind: 'leave' }];
  });
}

function takenTwice(path: string): LifeboatError {
  return new LifeboatError('SOURCE_INVALID', `two things would be stored at "${path}"`, {
    hint: 'Move or rename the file, or leave it out of the source.',
  });
}
