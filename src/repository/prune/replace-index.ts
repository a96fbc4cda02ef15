/**
 * Index files for what stays. New files are written first and old ones deleted after, so that at every moment the files
 * that are there name every pack that is needed, some perhaps twice.
 */
import { forEachLimited } from '../for-each-limited.ts';
import { encodeIndexFile, type IndexedPack } from '../index/index-file.ts';
import { objectKey } from '../layout.ts';
import { type RepositoryAccess, saveUnpacked } from '../unpacked.ts';
import { type Places, placesOf } from './places.ts';

const blobsPerFileMax = 50_000;
/** A file with less is written together with others. */
const blobsPerFileMin = 40_000;

export interface IndexChange {
  /** Numbers of the packs that go. */
  readonly removed: ReadonlySet<number>;
  readonly added: readonly IndexedPack[];
}

/**
 * The ids of the index files that may go once `writeIndex` is done; none when the index is as it should be. `kept`: ids
 * of files that the store keeps.
 */
export function filesToReplace(
  places: Places,
  { removed }: IndexChange,
  kept: ReadonlySet<string>,
): ReadonlySet<string> {
  const mayGo = (file: number): boolean => !kept.has(places.files[file]?.id ?? '');
  // a prune that was cut off leaves packs named twice; beside a file that is kept, writing anew would not end that
  const isTwice = (files: readonly number[]): boolean => files.length > 1 && files.every(mayGo);
  const changed = places.filesOfPack
    .filter((files, pack) => removed.has(pack) || isTwice(files))
    .flat()
    .filter(mayGo);
  if (changed.length === 0) return new Set();
  const small = places.files.filter(({ blobs }, file) => blobs < blobsPerFileMin && mayGo(file));
  return new Set([...changed.map((file) => places.files[file]?.id ?? ''), ...small.map(({ id }) => id)]);
}

/** Names everything that the files to be replaced name, less what goes, and the new packs. Returns the new ids. */
export async function writeIndex(
  access: RepositoryAccess,
  places: Places,
  change: IndexChange,
  replaced: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const written: string[] = [];
  let pending: IndexedPack[] = [];
  let pendingBlobs = 0;
  const flush = async (): Promise<void> => {
    if (pending.length === 0) return;
    written.push(await saveUnpacked(access, 'index', encodeIndexFile(pending), signal));
    pending = [];
    pendingBlobs = 0;
  };
  for (const pack of packsToName(places, change, replaced)) {
    if (pendingBlobs + pack.blobs.length > blobsPerFileMax) await flush();
    pending.push(pack);
    pendingBlobs += pack.blobs.length;
  }
  await flush();
  return written;
}

function* packsToName(
  places: Places,
  { removed, added }: IndexChange,
  replaced: ReadonlySet<string>,
): Generator<IndexedPack> {
  for (const [pack, id] of places.index.packIds.entries()) {
    const files = (places.filesOfPack[pack] ?? []).map((file) => places.files[file]?.id ?? '');
    if (removed.has(pack) || !files.some((file) => replaced.has(file))) continue;
    const blobs = Array.from(placesOf(places, pack), (place) => places.index.entryAt(place));
    yield { id, blobs };
  }
  yield* added;
}

export async function deleteIndexFiles(
  access: RepositoryAccess,
  ids: Iterable<string>,
  signal: AbortSignal,
): Promise<void> {
  await forEachLimited(ids, access.store.facts.connections, (id) =>
    access.store.delete(objectKey('index', id), signal),
  );
}
