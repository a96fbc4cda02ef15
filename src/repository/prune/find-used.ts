/**
 * Which blobs the snapshots need. All trees are walked, pack by pack: every round goes through the packs in which trees
 * wait, a few at once, so that a pack is fetched once a round and not once a tree. Memory: a byte a place and a few packs.
 * A tree that cannot be read, or a blob that is nowhere, ends it: what is needed must be known before anything goes.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { forEachLimited } from '../for-each-limited.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import { objectKey } from '../layout.ts';
import type { BlobType } from '../pack/pack-header.ts';
import { type BlobOpener, createBlobOpener } from '../read/open-blob.ts';
import { createTreeReader } from '../read/tree-reader.ts';
import { decodeTree } from '../tree/decode-tree.ts';
import type { Node } from '../tree/node.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import type { WorkProgress } from '../work-progress.ts';
import { type Places, placesOf } from './places.ts';

/** By place; only the first place of a blob carries a figure. */
export type UsedBlobs = Uint8Array;

const unused = 0;
/** A tree that is needed and still to be read. */
const waiting = 1;
const used = 2;

/** Packs of trees in memory at once. */
const packsMax = 4;
/** A larger pack than this is read tree by tree. */
const wholePackBytesMax = 32 * 1024 * 1024;
/** Fewer trees than this share of a pack are fetched one by one. */
const wholePackShareMin = 1 / 8;

export interface FindUsedOptions {
  readonly progress?: ((progress: WorkProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export function isUsed(blobs: UsedBlobs, firstPlace: number): boolean {
  return blobs[firstPlace] === used;
}

/** `trees` are the roots. Raises VAULT_DAMAGED, OBJECT_MISSING, OBJECT_DAMAGED naming what is missing or broken. */
export async function findUsed(
  access: RepositoryAccess,
  places: Places,
  trees: readonly string[],
  options: FindUsedOptions = {},
): Promise<UsedBlobs> {
  const walk = new Walk(access, places, options);
  for (const id of trees) walk.need('tree', id, 'a snapshot');
  await walk.run();
  return walk.blobs;
}

class Walk {
  readonly blobs: UsedBlobs;
  readonly #access: RepositoryAccess;
  readonly #places: Places;
  readonly #options: FindUsedOptions;
  /** By number of the pack: trees in it that wait. */
  readonly #waiting: Uint32Array;
  /** What it gives is decoded before it is asked again. */
  readonly #open: BlobOpener;
  #treesDone = 0;

  constructor(access: RepositoryAccess, places: Places, options: FindUsedOptions) {
    this.#access = access;
    this.#places = places;
    this.#options = options;
    this.#open = createBlobOpener(access.key);
    this.blobs = new Uint8Array(places.index.size);
    this.#waiting = new Uint32Array(places.index.packIds.length);
  }

  need(type: BlobType, id: string, by: string): void {
    const { index } = this.#places;
    const place = index.entryOf(type, id);
    if (place === undefined) throw missing(type, id, by);
    if (this.blobs[place] !== unused) return;
    if (type === 'data') {
      this.blobs[place] = used;
      return;
    }
    this.blobs[place] = waiting;
    const pack = index.packNumberAt(place);
    this.#waiting[pack] = (this.#waiting[pack] ?? 0) + 1;
  }

  async run(): Promise<void> {
    for (let packs = this.#packsToRead(); packs.length > 0; packs = this.#packsToRead())
      await forEachLimited(packs, packsMax, (pack) => this.#readPack(pack));
  }

  #packsToRead(): number[] {
    const packs: number[] = [];
    for (const [pack, trees] of this.#waiting.entries()) if (trees > 0) packs.push(pack);
    return packs;
  }

  async #readPack(pack: number): Promise<void> {
    const { signal, progress } = this.#options;
    const bytes = await this.#wholePack(pack);
    while ((this.#waiting[pack] ?? 0) > 0) {
      for (const place of placesOf(this.#places, pack)) {
        if (this.blobs[place] !== waiting) continue;
        signal?.throwIfAborted();
        const nodes = await this.#loadTree(place, bytes);
        this.blobs[place] = used;
        this.#waiting[pack] = (this.#waiting[pack] ?? 1) - 1;
        for (const node of nodes) this.#needNode(node, place);
        this.#treesDone++;
        progress?.({ phase: 'prune: find what is needed', doneFiles: this.#treesDone, doneBytes: 0 });
      }
    }
  }

  #needNode(node: Node, tree: number): void {
    const by = `tree ${this.#places.index.entryAt(tree).id}`;
    if (node.type === 'dir') {
      if (node.subtree === undefined)
        throw refused(`a folder in ${by} does not say what it holds`, { object: by });
      this.need('tree', node.subtree, by);
    }
    if (node.type !== 'file') return;
    if (node.content === null) throw refused(`a file in ${by} does not say what it holds`, { object: by });
    for (const id of node.content) this.need('data', id, by);
  }

  /** `undefined` when it is not worth reading as a whole, or cannot be read: then its trees are read by themselves. */
  async #wholePack(pack: number): Promise<Buffer | undefined> {
    const { index, packBytes } = this.#places;
    const size = packBytes[pack] ?? -1;
    const share = (this.#waiting[pack] ?? 0) / Math.max(1, placesOf(this.#places, pack).length);
    if (size < 0 || size > wholePackBytesMax || share < wholePackShareMin) return undefined;
    const { store } = this.#access;
    return await store.get(objectKey('pack', packIdOf(index, pack)), undefined, this.#options.signal);
  }

  async #loadTree(place: number, pack: Buffer | undefined): Promise<Node[]> {
    const blob = this.#places.index.entryAt(place);
    const what = `tree ${blob.id}`;
    const sealed = pack?.subarray(blob.offset, blob.offset + blob.length);
    try {
      const bytes = sealed ?? (await this.#getBlob(blob));
      return decodeTree(this.#open(bytes, blob), what);
    } catch (error) {
      // the same tree may lie whole in another pack
      if (this.#places.index.findAll('tree', blob.id).length < 2) throw error;
      return await createTreeReader(this.#access, this.#places.index).load(blob.id, this.#options.signal);
    }
  }

  async #getBlob(blob: { readonly packId: string; readonly offset: number; readonly length: number }) {
    return await this.#access.store.get(objectKey('pack', blob.packId), blob, this.#options.signal);
  }
}

function packIdOf(index: BlobIndex, pack: number): string {
  return index.packIds[pack] ?? '';
}

function missing(type: BlobType, id: string, by: string): LifeboatError {
  return refused(`${by} needs the ${type} blob ${id}, which no index file knows`, { blob: id });
}

function refused(message: string, details: Record<string, string>): LifeboatError {
  return new LifeboatError('VAULT_DAMAGED', message, {
    hint: 'Nothing was removed. Run `lifeboat check`, mend the vault from another one, then prune again.',
    details,
  });
}
