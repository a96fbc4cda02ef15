/** Loads trees. Packs of trees are kept in memory for a while: a walk needs the trees of one pack together. */
import type { BlobIndex } from '../index/blob-index.ts';
import { missingBlob } from '../index/load-index.ts';
import { objectKey } from '../layout.ts';
import { decodeTree } from '../tree/decode-tree.ts';
import type { Node } from '../tree/node.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { openBlob } from './open-blob.ts';

/** Whole tree packs held at once; a pack is about 16 MiB, few are that full. */
const packsMax = 3;
/** A larger pack than this is read blob by blob. */
const wholePackBytesMax = 32 * 1024 * 1024;

export interface TreeReader {
  /** Raises OBJECT_MISSING, OBJECT_DAMAGED naming the tree or its pack. */
  load(id: string, signal?: AbortSignal): Promise<Node[]>;
  bytes(id: string, signal?: AbortSignal): Promise<Buffer>;
}

export function createTreeReader(access: RepositoryAccess, index: BlobIndex): TreeReader {
  const packs = new Map<string, Promise<Buffer>>();
  const packBytes = createPackSizes(access, index);

  async function bytes(id: string, signal?: AbortSignal): Promise<Buffer> {
    const places = index.findAll('tree', id);
    let failure: unknown;
    for (const place of places) {
      try {
        const pack = await packOf(place.packId, signal);
        const sealed = pack
          ? pack.subarray(place.offset, place.offset + place.length)
          : await access.store.get(objectKey('pack', place.packId), place, signal);
        return openBlob(access.key, sealed, { id, type: 'tree', ...place });
      } catch (error) {
        failure = error;
      }
    }
    throw failure ?? missingBlob('tree', id);
  }

  /** The pack in memory, or `undefined` when it is too large for that. */
  async function packOf(packId: string, signal?: AbortSignal): Promise<Buffer | undefined> {
    const known = packs.get(packId);
    if (known) return await known;
    if ((await packBytes(packId, signal)) > wholePackBytesMax) return undefined;
    return await keep(packId, access.store.get(objectKey('pack', packId), undefined, signal));
  }

  async function keep(packId: string, reading: Promise<Buffer>): Promise<Buffer> {
    packs.set(packId, reading);
    const [oldest] = packs.keys();
    if (packs.size > packsMax && oldest !== undefined) packs.delete(oldest);
    try {
      return await reading;
    } catch (error) {
      packs.delete(packId);
      throw error;
    }
  }

  return { bytes, load: async (id, signal) => decodeTree(await bytes(id, signal), `tree ${id}`) };
}

/**
 * About the bytes of a pack, by the places that the index knows in it, which saves a request for each; what came to
 * the index later is looked at.
 */
function createPackSizes(access: RepositoryAccess, index: BlobIndex) {
  let known: Float64Array | undefined;
  return async (packId: string, signal?: AbortSignal): Promise<number> => {
    known ??= packEnds(index);
    const end = known[index.packNumberOf(packId) ?? -1];
    return end ?? (await access.store.stat(objectKey('pack', packId), signal)).size;
  };
}

/** By number of the pack: where its last blob ends. */
function packEnds(index: BlobIndex): Float64Array {
  const ends = new Float64Array(index.packIds.length);
  for (let entry = 0; entry < index.size; entry++) {
    const pack = index.packNumberAt(entry);
    ends[pack] = Math.max(ends[pack] ?? 0, index.offsetAt(entry) + index.lengthAt(entry));
  }
  return ends;
}
