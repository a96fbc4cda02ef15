/** Turns plaintext into stored blobs within one worker: cut, name, decide whether it is new, compress, pack. */
import { hash } from 'node:crypto';
import { assert } from '../../error/assert.ts';
import { type SealKey, sealOverheadBytes, unsealInto } from '../../seal/seal.ts';
import { type Chunker, chunkBytesMin, createChunker } from '../chunker/chunker.ts';
import { createCompressor, createPageCompressor, decompressInto } from '../compression.ts';
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
  let underWay: Uint8Array = noBytes;
  const checkTree = createBlobCheck(options.key);
  const checkData = createPlaintextCheck(options.key, () => underWay);
  const compress = createCompressor();
  let compressPages: typeof compress | undefined;
  const builders = {
    data: createPackBuilder(
      options.key,
      options.takeBuffer,
      options.verify ? checkData : undefined,
      options.packBytesTarget,
    ),
    tree: createPackBuilder(
      options.key,
      options.takeBuffer,
      options.verify ? checkTree : undefined,
      Math.min(options.packBytesTarget, treePackBytesTarget),
    ),
  };

  function store(type: BlobType, id: string, plaintext: Uint8Array, kind?: 'pages'): void {
    underWay = plaintext;
    // a blob of no bytes cannot be stored compressed: a length of 0 means "not compressed" in a pack's header
    const compressed = options.version === 2 && plaintext.length > 0;
    const content = compressed ? compressorFor(kind)(plaintext) : plaintext;
    const uncompressedLength = compressed ? plaintext.length : 0;
    for (const pack of builders[type].add({ id, type, content, uncompressedLength })) options.emit(pack);
  }

  function compressorFor(kind: 'pages' | undefined): typeof compress {
    if (kind === undefined) return compress;
    compressPages ??= createPageCompressor();
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

const noBytes = new Uint8Array(0);

/** Takes a sealed blob apart again, in memory that is used for all of them. */
export function createBlobCheck(key: SealKey): (sealed: Uint8Array, blob: NewBlob) => void {
  const open = createOpener(key);
  return (sealed, blob) => requireSame(hash('sha256', open(sealed, blob), 'hex') === blob.id, blob);
}

/**
 * As `createBlobCheck`, where the bytes that were named, compressed and sealed are still at hand: comparing says the
 * same as hashing, in a tenth of the time.
 */
function createPlaintextCheck(
  key: SealKey,
  plaintext: () => Uint8Array,
): (sealed: Uint8Array, blob: NewBlob) => void {
  const open = createOpener(key);
  return (sealed, blob) => requireSame(open(sealed, blob).equals(plaintext()), blob);
}

function requireSame(isSame: boolean, { id }: NewBlob): void {
  assert(isSame, `new blob ${id} reads back as written; the memory may be faulty`);
}

/** The result is overwritten by the next call. */
function createOpener(key: SealKey): (sealed: Uint8Array, blob: NewBlob) => Buffer {
  const storedScratch = createScratchBuffer();
  const plaintextScratch = createScratchBuffer();
  return (sealed, blob) => {
    const what = `new blob ${blob.id}`;
    const storedBytes = sealed.length - sealOverheadBytes;
    const stored = storedScratch(storedBytes).subarray(0, storedBytes);
    unsealInto(key, sealed, stored, 0, what);
    if (blob.uncompressedLength === 0) return stored;
    const plaintext = plaintextScratch(blob.uncompressedLength);
    return wholeFrame(stored, plaintext.subarray(0, blob.uncompressedLength), what);
  };
}

function wholeFrame(frame: Uint8Array, output: Buffer, what: string): Buffer {
  return output.subarray(0, decompressInto(frame, output, what));
}
