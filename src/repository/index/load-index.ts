import { LifeboatError } from '../../error/lifeboat-error.ts';
import { idInKey, objectFolders } from '../layout.ts';
import { loadUnpacked, parseJson, type RepositoryAccess } from '../unpacked.ts';
import { BlobIndex } from './blob-index.ts';
import { decodeIndexFile, type IndexedPack } from './index-file.ts';

/** How many objects that stand in a row are fetched at once; each may take 10 MB. */
const fetchesMax = 4;

export interface LoadedIndex {
  readonly index: BlobIndex;
  /** Ids of the index files that were read. */
  readonly files: readonly string[];
}

/**
 * Reads all index files. Snapshots must have been listed before, so that whatever they refer to is inside.
 * Raises OBJECT_DAMAGED naming the file that cannot be read.
 */
export async function loadIndex(access: RepositoryAccess, signal?: AbortSignal): Promise<LoadedIndex> {
  const index = new BlobIndex();
  const files: string[] = [];
  for await (const file of indexFiles(access, signal)) {
    files.push(file.id);
    for (const pack of file.packs) index.addPack(pack.id, pack.blobs);
  }
  return { index, files };
}

interface IndexFile {
  readonly id: string;
  readonly packs: readonly IndexedPack[];
}

/** Every index file in the order of its name, so that two loads of the same repository are the same. */
export async function* indexFiles(access: RepositoryAccess, signal?: AbortSignal): AsyncGenerator<IndexFile> {
  const ids = await listIds(access, 'index', signal);
  // decoded one by one, for that takes many times the memory
  for await (const { id, got: bytes } of inOrder(ids, (id) => loadUnpacked(access, 'index', id, signal)))
    yield { id, packs: decodeIndexBytes(bytes, id) };
}

export function decodeIndexBytes(bytes: Buffer, id: string): IndexedPack[] {
  const what = `index/${id}`;
  return decodeIndexFile(parseJson(bytes, what), what);
}

/** A few at once, given in the order in which they were asked for. */
export async function* inOrder<T>(
  ids: readonly string[],
  fetch: (id: string) => Promise<T>,
): AsyncGenerator<{ readonly id: string; readonly got: T }> {
  const running: { readonly id: string; readonly got: Promise<T> }[] = [];
  for (const id of ids) {
    const got = fetch(id);
    // awaited later; until then a failure must not count as unhandled
    got.catch(() => undefined);
    running.push({ id, got });
    if (running.length >= fetchesMax) yield* nextOf(running);
  }
  while (running.length > 0) yield* nextOf(running);
}

async function* nextOf<T>(
  running: { readonly id: string; readonly got: Promise<T> }[],
): AsyncGenerator<{ readonly id: string; readonly got: T }> {
  const first = running.shift();
  if (first) yield { id: first.id, got: await first.got };
}

/** Ids of all objects of a kind, sorted; names that are not ids are ignored. */
export async function listIds(
  access: Pick<RepositoryAccess, 'store'>,
  kind: keyof typeof objectFolders,
  signal?: AbortSignal,
): Promise<string[]> {
  const ids: string[] = [];
  for await (const object of access.store.list(objectFolders[kind], signal)) {
    const id = idInKey(object.key);
    if (id !== undefined) ids.push(id);
  }
  return ids.sort();
}

export function missingBlob(type: string, id: string): LifeboatError {
  return new LifeboatError('OBJECT_MISSING', `no index file knows the ${type} blob ${id}`, {
    hint: 'An index file may be missing: `lifeboat check` tells more, `lifeboat repair index` makes it anew from the packs.',
    details: { blob: id },
  });
}
