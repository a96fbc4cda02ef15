import { LifeboatError } from '../../error/lifeboat-error.ts';
import { idInKey, objectFolders } from '../layout.ts';
import { loadUnpacked, parseJson, type RepositoryAccess } from '../unpacked.ts';
import { BlobIndex } from './blob-index.ts';
import { decodeIndexFile, type IndexedPack } from './index-file.ts';

/** How many index files are fetched at once. */
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
  const running: Promise<IndexFile>[] = [];
  for (const id of ids) {
    running.push(readIndexFile(access, id, signal));
    running.at(-1)?.catch(() => undefined);
    if (running.length >= fetchesMax) yield* nextOf(running);
  }
  while (running.length > 0) yield* nextOf(running);
}

async function* nextOf(running: Promise<IndexFile>[]): AsyncGenerator<IndexFile> {
  const first = running.shift();
  if (first) yield await first;
}

async function readIndexFile(access: RepositoryAccess, id: string, signal?: AbortSignal): Promise<IndexFile> {
  const what = `index/${id}`;
  const json = parseJson(await loadUnpacked(access, 'index', id, signal), what);
  return { id, packs: decodeIndexFile(json, what) };
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
    hint: 'An index file may be missing: `restic repair index` rebuilds it from the packs; `lifeboat check` tells more.',
    details: { blob: id },
  });
}
