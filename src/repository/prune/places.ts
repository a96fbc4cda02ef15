/**
 * Everything that lies in a repository, as prune sees it: the index with the files it came from, each blob's places
 * grouped by pack, and the packs that are really there. A few bytes a place besides the index itself.
 *
 * Glossary: *place*: one blob in one pack, an entry of the index; the *first place* of a blob stands for the blob.
 */
import { defined } from '../../error/assert.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { listPacks } from '../check/check-index.ts';
import { BlobIndex } from '../index/blob-index.ts';
import type { IndexedPack } from '../index/index-file.ts';
import { indexFiles } from '../index/load-index.ts';
import { objectKey } from '../layout.ts';
import { entryBytes, headerLengthBytes, type PackedBlob, sealOverheadBytes } from '../pack/pack-header.ts';
import type { RepositoryAccess } from '../unpacked.ts';

export interface Places {
  readonly index: BlobIndex;
  readonly files: readonly IndexFileFacts[];
  /** By number of the pack: numbers of the index files that name it. */
  readonly filesOfPack: readonly (readonly number[])[];
  /** By number of the pack: bytes of the object, or -1 when it is not there. */
  readonly packBytes: Float64Array;
  /** Places sorted by pack and, within one, by offset; those of pack `n` from `starts[n]` to below `starts[n + 1]`. */
  readonly byPack: Uint32Array;
  readonly starts: Uint32Array;
  /** By place: the first place of the same blob. */
  readonly firsts: Uint32Array;
  /** Packs that no index file names, with their bytes. */
  readonly unreferenced: ReadonlyMap<string, number>;
}

export interface IndexFileFacts {
  readonly id: string;
  readonly blobs: number;
}

/**
 * Snapshots must have been listed before. Raises OBJECT_DAMAGED naming an index file that cannot be read, and
 * VAULT_DAMAGED when a pack is not as long as the index says.
 */
export async function loadPlaces(access: RepositoryAccess, signal?: AbortSignal): Promise<Places> {
  const index = new BlobIndex();
  const files: IndexFileFacts[] = [];
  const filesOfPack: number[][] = [];
  for await (const file of indexFiles(access, signal)) {
    for (const pack of file.packs) addPack(index, filesOfPack, files.length, pack);
    files.push({ id: file.id, blobs: file.packs.reduce((sum, { blobs }) => sum + blobs.length, 0) });
  }
  const firsts = new Uint32Array(index.size);
  for (let place = 0; place < index.size; place++) firsts[place] = index.firstPlace(place);
  const indexed = { index, files, filesOfPack, firsts, ...groupByPack(index) };
  return await withPacks(access, indexed, signal);
}

/** The same with the packs that are there now. */
export async function withPacks(
  access: RepositoryAccess,
  indexed: Omit<Places, 'packBytes' | 'unreferenced'>,
  signal?: AbortSignal,
): Promise<Places> {
  const { packIds } = indexed.index;
  const listed = await listPacks(access, signal);
  const packBytes = Float64Array.from(packIds, (id) => listed.get(id) ?? -1);
  for (const id of packIds) listed.delete(id);
  const places = { ...indexed, packBytes, unreferenced: listed };
  refuseWrongLengths(places);
  return places;
}

/** After a prune that was cut off, two index files may name the same pack; its places count once. */
function addPack(index: BlobIndex, filesOfPack: number[][], file: number, pack: IndexedPack): void {
  const blobs = index.hasPack(pack.id)
    ? pack.blobs.filter((blob) => !hasPlace(index, pack.id, blob))
    : pack.blobs;
  index.addPack(pack.id, blobs);
  const number = defined(index.packNumberOf(pack.id), 'number of a pack that was added');
  const known = filesOfPack[number];
  if (known === undefined) filesOfPack[number] = [file];
  else if (!known.includes(file)) known.push(file);
}

function hasPlace(index: BlobIndex, packId: string, blob: PackedBlob): boolean {
  return index
    .findAll(blob.type, blob.id)
    .some((place) => place.packId === packId && place.offset === blob.offset);
}

/** A counting sort: places of one pack stand together, in the order in which the index has them, then by offset. */
export function groupByPack(index: BlobIndex): Pick<Places, 'byPack' | 'starts'> {
  const starts = new Uint32Array(index.packIds.length + 1);
  for (let entry = 0; entry < index.size; entry++) count(starts, index.packNumberAt(entry) + 1);
  for (let pack = 1; pack < starts.length; pack++) starts[pack] = at(starts, pack) + at(starts, pack - 1);
  const next = starts.slice();
  const byPack = new Uint32Array(index.size);
  for (let entry = 0; entry < index.size; entry++) {
    const pack = index.packNumberAt(entry);
    byPack[at(next, pack)] = entry;
    count(next, pack);
  }
  for (let pack = 0; pack + 1 < starts.length; pack++) {
    byPack
      .subarray(at(starts, pack), at(starts, pack + 1))
      .sort((a, b) => index.offsetAt(a) - index.offsetAt(b));
  }
  return { byPack, starts };
}

/** Places of one pack, in order of their offsets. */
export function placesOf({ byPack, starts }: Pick<Places, 'byPack' | 'starts'>, pack: number): Uint32Array {
  return byPack.subarray(at(starts, pack), at(starts, pack + 1));
}

/** By number of the pack: 1 for those that are named. */
export function flagsOf({ index }: Places, packIds: { has(id: string): boolean } = new Set()): Uint8Array {
  return Uint8Array.from(index.packIds, (id) => (packIds.has(id) ? 1 : 0));
}

/** What a pack of these places must be long. */
function expectedBytes(places: Places, pack: number): number {
  const { index } = places;
  let bytes = sealOverheadBytes + headerLengthBytes;
  for (const place of placesOf(places, pack))
    bytes += index.lengthAt(place) + entryBytes({ uncompressedLength: index.isCompressedAt(place) ? 1 : 0 });
  return bytes;
}

function refuseWrongLengths(places: Places): void {
  for (const [pack, bytes] of places.packBytes.entries()) {
    const expected = expectedBytes(places, pack);
    if (bytes === -1 || bytes === expected) continue;
    const object = objectKey('pack', places.index.packIds[pack] ?? '');
    throw new LifeboatError('VAULT_DAMAGED', `${object} is ${bytes} bytes long instead of ${expected}`, {
      hint: 'Nothing was removed. Run `lifeboat check`, mend the vault from another one, then prune again.',
      details: { object },
    });
  }
}

function at(array: Uint32Array, position: number): number {
  return array[position] ?? 0;
}

function count(array: Uint32Array, position: number): void {
  array[position] = at(array, position) + 1;
}
