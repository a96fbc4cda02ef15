/** Seals proven blobs under one target's key, into packs of data and packs of trees. */
import { assert } from '../../error/assert.ts';
import { type SealKey, sealOverheadBytes, unsealInto } from '../../seal/seal.ts';
import { createCompressor } from '../compression.ts';
import {
  createPackBuilder,
  type FinishedPack,
  type NewBlob,
  treePackBytesTarget,
} from '../pack/pack-builder.ts';
import type { BlobType } from '../pack/pack-header.ts';
import { createBlobCheck } from '../save/chunk-saver.ts';
import { createScratchBuffer } from '../scratch-buffer.ts';

export interface KnownBlob {
  readonly id: string;
  readonly type: BlobType;
  readonly plaintext: Uint8Array;
  /** The plaintext as a zstd frame, where the source has it so, proven to be it: it need not be compressed again. */
  readonly frame?: Uint8Array;
}

export interface TargetPacker {
  /** Packs that are full now. */
  add(blob: KnownBlob): readonly FinishedPack[];
  finish(): readonly FinishedPack[];
}

export interface TargetPackerOptions {
  readonly key: SealKey;
  readonly version: 1 | 2;
  readonly packBytesTarget: number;
  readonly verify: boolean;
}

export function createTargetPacker(options: TargetPackerOptions): TargetPacker {
  const { key, version, packBytesTarget } = options;
  /** Its content was proven when it was opened, by this thread, a moment ago. */
  let proven: Uint8Array | undefined;
  const checks = { whole: createBlobCheck(key), sameAsProven: createSameCheck(key) };
  const check = (sealed: Uint8Array, blob: NewBlob): void =>
    blob.content === proven ? checks.sameAsProven(sealed, blob) : checks.whole(sealed, blob);
  const compress = createCompressor();
  const takeBuffer = (bytesMin: number) => new Uint8Array(bytesMin);
  const builders = {
    data: createPackBuilder(key, takeBuffer, options.verify ? check : undefined, packBytesTarget),
    tree: createPackBuilder(
      key,
      takeBuffer,
      options.verify ? check : undefined,
      Math.min(packBytesTarget, treePackBytesTarget),
    ),
  };

  function stored({ id, type, plaintext, frame }: KnownBlob): NewBlob {
    // a blob of no bytes cannot be stored compressed: a length of 0 means "not compressed" in a pack's header
    if (version === 1 || plaintext.length === 0)
      return { id, type, content: plaintext, uncompressedLength: 0 };
    return { id, type, content: frame ?? compress(plaintext), uncompressedLength: plaintext.length };
  }

  return {
    add(blob) {
      proven = blob.frame;
      return builders[blob.type].add(stored(blob));
    },
    finish: () => [builders.data.finish(), builders.tree.finish()].filter((pack) => pack !== undefined),
  };
}

/** What is proven already need not be decompressed and hashed again: the same bytes must come out of the seal. */
function createSameCheck(key: SealKey): (sealed: Uint8Array, blob: NewBlob) => void {
  const scratch = createScratchBuffer();
  return (sealed, { id, content }) => {
    const opened = scratch(sealed.length - sealOverheadBytes);
    const length = unsealInto(key, sealed, opened, 0, `new blob ${id}`);
    assert(
      opened.subarray(0, length).equals(content),
      `new blob ${id} reads back as written; the memory may be faulty`,
    );
  };
}
