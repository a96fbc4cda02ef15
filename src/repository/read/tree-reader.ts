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
    const key = objectKey('pack', packId);
    const { size } = await access.store.stat(key, signal);
    if (size > wholePackBytesMax) return undefined;
    return await keep(packId, access.store.get(key, undefined, signal));
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
