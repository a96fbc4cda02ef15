/** Turns plaintext into stored blobs within one worker: cut, name, decide whether it is new, compress, pack. */
import { hash } from 'node:crypto';
import { assert } from '../../error/assert.ts';
import { type SealKey, sealOverheadBytes, unsealInto } from '../../seal/seal.ts';
import { type Chunker, chunkBytesMin, createChunker } from '../chunker/chunker.ts';
import { createCompressor, createQuickCompressor, decompressInto } from '../compression.ts';
import {
  createPackBuilder,
  type FinishedPack,
  type NewBlob,
  treePackBytesTarget,
} from '../pack/pack-builder.ts';
import type { BlobType } from '../pack/pack-header.ts';
import { createScratchBuffer } from '../scratch-buffer.ts';
import type { SharedIdSet } from './shared-id-set.ts';

export interface ChunkSaver {
  readonly chunker: Chunker;
  /** Stores the chunk unless it is known; returns its id. Finished packs go to `emit`. */
  saveChunk(plaintext: Uint8Array, kind?: 'pages'): string;
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
  const check = options.verify ? createBlobCheck(options.key) : undefined;
  const compress = createCompressor();
  let compressPages: typeof compress | undefined;
  const builders = {
    data: createPackBuilder(options.key, options.takeBuffer, check, options.packBytesTarget),
    tree: createPackBuilder(
      options.key,
      options.takeBuffer,
      check,
      Math.min(options.packBytesTarget, treePackBytesTarget),
    ),
  };

  function store(type: BlobType, id: string, plaintext: Uint8Array, kind?: 'pages'): void {
    // a blob of no bytes cannot be stored compressed: a length of 0 means "not compressed" in a pack's header
    const compressed = options.version === 2 && plaintext.length > 0;
    const content = compressed ? compressorFor(kind)(plaintext) : plaintext;
    const uncompressedLength = compressed ? plaintext.length : 0;
    for (const pack of builders[type].add({ id, type, content, uncompressedLength })) options.emit(pack);
  }

  function compressorFor(kind: 'pages' | undefined): typeof compress {
    if (kind === undefined) return compress;
    compressPages ??= createQuickCompressor();
    return compressPages;
  }

  return {
    chunker: createChunker(options.polynomial),
    saveChunk(plaintext, kind) {
      const id = hash('sha256', plaintext, 'buffer');
      const name = id.toString('hex');
      if (options.known.claim(id)) store('data', name, plaintext, kind);
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

/**
 * Takes a sealed blob apart again, in memory that is used for all of them. It is hashed, not compared with the bytes it
 * was made from: those may have changed after they were named.
 */
export function createBlobCheck(key: SealKey): (sealed: Uint8Array, blob: NewBlob) => void {
  const storedScratch = createScratchBuffer();
  const plaintextScratch = createScratchBuffer();
  return (sealed, blob) => {
    const what = `new blob ${blob.id}`;
    const storedBytes = sealed.length - sealOverheadBytes;
    const stored = storedScratch(storedBytes).subarray(0, storedBytes);
    unsealInto(key, sealed, stored, 0, what);
    const found =
      blob.uncompressedLength === 0
        ? stored
        : wholeFrame(
            stored,
            plaintextScratch(blob.uncompressedLength).subarray(0, blob.uncompressedLength),
            what,
          );
    assert(
      hash('sha256', found, 'hex') === blob.id,
      `${what} reads back as written; the memory may be faulty`,
    );
  };
}

function wholeFrame(frame: Uint8Array, output: Buffer, what: string): Buffer {
  return output.subarray(0, decompressInto(frame, output, what));
}
