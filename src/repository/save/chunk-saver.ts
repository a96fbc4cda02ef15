/** Turns plaintext into stored blobs within one worker: cut, name, decide whether it is new, compress, pack. */
import { hash } from 'node:crypto';
import { assert } from '../../error/assert.ts';
import { type SealKey, unseal } from '../../seal/seal.ts';
import { type Chunker, chunkBytesMin, createChunker } from '../chunker/chunker.ts';
import { compress, decompress } from '../compression.ts';
import { createPackBuilder, type FinishedPack, type NewBlob } from '../pack/pack-builder.ts';
import type { BlobType } from '../pack/pack-header.ts';
import type { SharedIdSet } from './shared-id-set.ts';

export interface ChunkSaver {
  readonly chunker: Chunker;
  /** Stores the chunk unless it is known; returns its id. Finished packs go to `emit`. */
  saveChunk(plaintext: Uint8Array): string;
  saveTree(id: string, plaintext: Uint8Array): void;
  flush(): void;
}

export interface ChunkSaverOptions {
  readonly key: SealKey;
  readonly polynomial: bigint;
  readonly version: 1 | 2;
  /** Take every blob apart again before it goes. */
  readonly verify: boolean;
  readonly packBytesTarget: number;
  readonly known: SharedIdSet;
  readonly takeBuffer: (bytesMin: number) => Uint8Array<ArrayBuffer>;
  readonly emit: (pack: FinishedPack) => void;
}

export function createChunkSaver(options: ChunkSaverOptions): ChunkSaver {
  const check = options.verify
    ? (sealed: Uint8Array, blob: NewBlob) => checkBlob(options.key, sealed, blob)
    : undefined;
  const builders = {
    data: createPackBuilder(options.key, options.takeBuffer, check, options.packBytesTarget),
    tree: createPackBuilder(options.key, options.takeBuffer, check, options.packBytesTarget),
  };

  function store(type: BlobType, id: string, plaintext: Uint8Array): void {
    // a blob of no bytes cannot be stored compressed: a length of 0 means "not compressed" in a pack's header
    const compressed = options.version === 2 && plaintext.length > 0;
    const content = compressed ? compress(plaintext) : plaintext;
    const uncompressedLength = compressed ? plaintext.length : 0;
    for (const pack of builders[type].add({ id, type, content, uncompressedLength })) options.emit(pack);
  }

  return {
    chunker: createChunker(options.polynomial),
    saveChunk(plaintext) {
      const id = hash('sha256', plaintext, 'buffer');
      const name = id.toString('hex');
      if (options.known.claim(id)) store('data', name, plaintext);
      return name;
    },
    saveTree: (id, plaintext) => store('tree', id, plaintext),
    flush() {
      for (const builder of [builders.data, builders.tree]) {
        const pack = builder.finish();
        if (pack) options.emit(pack);
      }
    },
  };
}

/** A file not larger than this is one chunk. */
export const singleChunkBytesMax = chunkBytesMin;

function checkBlob(key: SealKey, sealed: Uint8Array, blob: NewBlob): void {
  const stored = unseal(key, sealed, `new blob ${blob.id}`);
  const plaintext =
    blob.uncompressedLength === 0
      ? stored
      : decompress(stored, blob.uncompressedLength, `new blob ${blob.id}`);
  assert(
    hash('sha256', plaintext, 'hex') === blob.id,
    `blob ${blob.id} reads back as written; the memory may be faulty`,
  );
}
