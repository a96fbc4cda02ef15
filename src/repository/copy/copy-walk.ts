/**
 * Walks the trees of snapshots and notes what each target lacks. Trees are handed on as they are met, since walking
 * has read them anyhow; of data only a byte per place in the source's index is kept, and the places to be read.
 */
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import { missingBlob } from '../index/load-index.ts';
import type { TreeReader } from '../read/tree-reader.ts';
import { decodeTree } from '../tree/decode-tree.ts';
import type { Node } from '../tree/node.ts';
import type { WantedBlob } from './copy-pool.ts';
import type { PlainTree } from './copy-protocol.ts';
import type { CopyTargetState } from './copy-targets.ts';

/** Trees travel to the workers together, up to so many bytes. */
const treesBytesMax = 1024 * 1024;

export interface CopyWalkOptions {
  readonly index: BlobIndex;
  readonly trees: TreeReader;
  readonly targets: readonly CopyTargetState[];
  readonly copyTrees: (trees: readonly PlainTree[]) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Blobs of the source that cannot be copied, by id, and why. */
export interface BadBlobs {
  readonly trees: Map<string, LifeboatError>;
  readonly data: Map<string, string>;
}

export class CopyWalk {
  readonly bad: BadBlobs = { trees: new Map(), data: new Map() };
  readonly #options: CopyWalkOptions;
  /** Per place in the index: for which targets the tree was walked, or the blob is wanted or was. */
  readonly #masks: Uint8Array;
  #wanted: { readonly entry: number; readonly mask: number }[] = [];
  #wantedBytes = 0;
  #trees: PlainTree[] = [];
  #treesBytes = 0;

  constructor(options: CopyWalkOptions) {
    this.#options = options;
    this.#masks = new Uint8Array(options.index.size);
  }

  /** Bytes of stored data that wait to be copied. */
  get wantedBytes(): number {
    return this.#wantedBytes;
  }

  /** Notes what the tree needs in the targets of the mask. Trees that cannot be read are noted as bad. */
  async add(rootTree: string, mask: number): Promise<void> {
    const { signal } = this.#options;
    const stack = [rootTree];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      signal.throwIfAborted();
      const rest = this.#notWalkedFor(id, mask);
      const tree = rest === 0 ? undefined : await this.#read(id);
      if (tree === undefined) continue;
      for (const node of tree.nodes) {
        for (const blob of node.content ?? []) this.#want(blob, rest);
        if (node.subtree !== undefined) stack.push(node.subtree);
      }
      await this.#handOn(id, tree.bytes, rest);
    }
    await this.#sendTrees();
  }

  /** What waits to be copied; it waits no longer. */
  *take(): Generator<WantedBlob> {
    const wanted = this.#wanted;
    this.#wanted = [];
    this.#wantedBytes = 0;
    for (const { entry, mask } of wanted) {
      const { id, packId, ...place } = this.#options.index.entryAt(entry);
      yield { id, type: 'data', packId, place, mask };
    }
  }

  /** Targets of the mask for which the tree was not walked before; it counts as walked from now on. */
  #notWalkedFor(id: string, mask: number): number {
    const entry = this.#options.index.entryOf('tree', id);
    if (entry === undefined) return mask;
    const walked = this.#masks[entry] ?? 0;
    this.#masks[entry] = walked | mask;
    return mask & ~walked;
  }

  async #read(id: string): Promise<{ readonly bytes: Buffer; readonly nodes: readonly Node[] } | undefined> {
    try {
      const bytes = await this.#options.trees.bytes(id, this.#options.signal);
      return { bytes, nodes: decodeTree(bytes, `tree ${id}`) };
    } catch (error) {
      if (!(error instanceof LifeboatError) || !hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING'))
        throw error;
      this.bad.trees.set(id, error);
      return undefined;
    }
  }

  #want(id: string, mask: number): void {
    const { index } = this.#options;
    const entry = index.entryOf('data', id);
    if (entry === undefined) {
      this.bad.data.set(id, missingBlob('data', id).message);
      return;
    }
    const known = this.#masks[entry] ?? 0;
    const lacking = mask & ~known & this.#lackingMask('data', id);
    if (lacking === 0) return;
    this.#masks[entry] = known | lacking;
    this.#wanted.push({ entry, mask: lacking });
    this.#wantedBytes += index.entryAt(entry).length;
  }

  #lackingMask(type: 'data' | 'tree', id: string): number {
    return this.#options.targets.reduce(
      (mask, { number, opened }) =>
        opened === undefined || opened.index.has(type, id) ? mask : mask | (1 << number),
      0,
    );
  }

  async #handOn(id: string, bytes: Buffer, mask: number): Promise<void> {
    const lacking = mask & this.#lackingMask('tree', id);
    if (lacking === 0) return;
    this.#trees.push({ id, bytes: new Uint8Array(bytes), mask: lacking });
    this.#treesBytes += bytes.length;
    if (this.#treesBytes >= treesBytesMax) await this.#sendTrees();
  }

  async #sendTrees(): Promise<void> {
    const trees = this.#trees;
    this.#trees = [];
    this.#treesBytes = 0;
    if (trees.length > 0) await this.#options.copyTrees(trees);
  }
}
