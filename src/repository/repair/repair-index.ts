/**
 * Makes the index say what the packs say themselves. Index files that are right stay; the others are written anew
 * from what was good in them and from the headers of packs. New files come before old ones go, so that an
 * interruption leaves entries twice at worst. Source: restic `repair index`.
 */
import { forEachLimited } from '../for-each-limited.ts';
import { encodeIndexFile, type IndexedPack } from '../index/index-file.ts';
import { objectKey } from '../layout.ts';
import type { PackedBlob } from '../pack/pack-header.ts';
import { readPackHeader } from '../pack/read-header.ts';
import type { IndexPreview, RepairWork } from '../repair-types.ts';
import { type RepositoryAccess, saveUnpacked } from '../unpacked.ts';
import { type Anatomy, packBytesOf, placeText, unlessDamaged } from './anatomy.ts';

const headersAtOnce = 8;
const blobsPerFileMax = 50_000;

export interface IndexRepairPlan {
  readonly preview: IndexPreview;
  readonly write: readonly IndexedPack[];
}

export async function planIndexRepair(
  access: RepositoryAccess,
  anatomy: Anatomy,
  options: RepairWork & { readonly readAllPacks?: boolean },
): Promise<IndexRepairPlan> {
  const readAllPacks = options.readAllPacks ?? false;
  const entries = entriesOf(anatomy);
  const doubtful = [...anatomy.packs].filter(([id, size]) => {
    const known = entries.get(id);
    return readAllPacks || known === undefined || known.differ || packBytesOf(known.blobs) !== size;
  });
  const headers = await readHeaders(access, new Map(doubtful), options);
  const addedPacks = [...headers].filter(([id, blobs]) => blobs && !entries.has(id)).map(([id]) => id);
  const changedPacks = [...headers]
    .filter(([id, blobs]) => blobs && entries.has(id) && !isSame(blobs, entries.get(id)))
    .map(([id]) => id);
  const unreadablePacks = [...headers].filter(([, blobs]) => !blobs).map(([id]) => id);
  const missingPacks = [...entries.keys()].filter((id) => !anatomy.packs.has(id));
  const duplicatePacks = [...entries].filter(([, { files }]) => files.size > 1).map(([id]) => id);
  const touched = touchedFiles(anatomy, entries, [...missingPacks, ...changedPacks, ...duplicatePacks]);
  const write = packsToWrite(anatomy, entries, touched, headers, addedPacks, new Set(missingPacks));
  return {
    write,
    preview: {
      fingerprint: anatomy.fingerprint,
      readAllPacks,
      damagedIndexFiles: anatomy.damagedFiles,
      missingPacks: missingPacks.sort(),
      addedPacks: addedPacks.sort(),
      changedPacks: changedPacks.sort(),
      duplicatePacks: duplicatePacks.sort(),
      unreadablePacks: unreadablePacks.sort(),
      removesIndexFiles: [...anatomy.damagedFiles, ...touched].sort(),
      writesBlobs: write.reduce((sum, { blobs }) => sum + blobs.length, 0),
    },
  };
}

/** Under an exclusive lock. */
export async function applyIndexRepair(
  access: RepositoryAccess,
  { preview, write }: IndexRepairPlan,
  signal?: AbortSignal,
): Promise<void> {
  await writeIndexFiles(access, write, signal);
  for (const id of preview.removesIndexFiles) await access.store.delete(objectKey('index', id), signal);
}

/** Index files of these packs, each with at most 50,000 blobs unless one pack has more. */
export async function writeIndexFiles(
  access: RepositoryAccess,
  packs: readonly IndexedPack[],
  signal?: AbortSignal,
): Promise<void> {
  let batch: IndexedPack[] = [];
  let blobs = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await saveUnpacked(access, 'index', encodeIndexFile(batch), signal);
    batch = [];
    blobs = 0;
  };
  for (const pack of packs) {
    if (blobs + pack.blobs.length > blobsPerFileMax) await flush();
    batch.push(pack);
    blobs += pack.blobs.length;
  }
  await flush();
}

interface Entry {
  readonly blobs: readonly PackedBlob[];
  readonly files: Set<string>;
  /** Two index files say different things. */
  readonly differ: boolean;
}

function entriesOf(anatomy: Anatomy): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [file, packs] of anatomy.files) {
    for (const { id, blobs } of packs) {
      const known = entries.get(id);
      const files = (known?.files ?? new Set()).add(file);
      const differ = known !== undefined && (known.differ || !isSame(blobs, known));
      entries.set(id, { blobs: known?.blobs ?? blobs, files, differ });
    }
  }
  return entries;
}

function isSame(blobs: readonly PackedBlob[], entry: Pick<Entry, 'blobs'> | undefined): boolean {
  const places = (list: readonly PackedBlob[]) => list.map(placeText).sort().join('\n');
  return entry !== undefined && places(blobs) === places(entry.blobs);
}

/** By pack; `undefined` where the header cannot be read, or does not fit the length of the pack. */
async function readHeaders(
  access: RepositoryAccess,
  packs: ReadonlyMap<string, number>,
  { signal, progress }: RepairWork,
): Promise<Map<string, PackedBlob[] | undefined>> {
  const headers = new Map<string, PackedBlob[] | undefined>();
  await forEachLimited(packs, headersAtOnce, async ([id, size]) => {
    signal?.throwIfAborted();
    const blobs = await unlessDamaged(() => readPackHeader(access, id, size, signal));
    headers.set(id, blobs && packBytesOf(blobs) === size ? blobs : undefined);
    progress?.({ phase: 'read headers', doneFiles: headers.size, doneBytes: 0, totalFiles: packs.size });
  });
  return headers;
}

function touchedFiles(
  anatomy: Anatomy,
  entries: ReadonlyMap<string, Entry>,
  packIds: readonly string[],
): Set<string> {
  const touched = new Set<string>();
  for (const id of packIds) for (const file of entries.get(id)?.files ?? []) touched.add(file);
  return new Set([...anatomy.files.keys()].filter((file) => touched.has(file)));
}

function packsToWrite(
  anatomy: Anatomy,
  entries: ReadonlyMap<string, Entry>,
  touched: ReadonlySet<string>,
  headers: ReadonlyMap<string, PackedBlob[] | undefined>,
  added: readonly string[],
  missing: ReadonlySet<string>,
): IndexedPack[] {
  const ids = new Set(added);
  for (const file of touched)
    for (const { id } of anatomy.files.get(file) ?? []) if (!missing.has(id)) ids.add(id);
  return [...ids].sort().map((id) => ({ id, blobs: headers.get(id) ?? entries.get(id)?.blobs ?? [] }));
}
