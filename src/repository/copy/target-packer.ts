/** Seals proven blobs under one target's key, into packs of data and packs of trees. */
import type { SealKey } from '../../seal/seal.ts';
import { createCompressor } from '../compression.ts';
import {
  createPackBuilder,
  type FinishedPack,
  type NewBlob,
  treePackBytesTarget,
} from '../pack/pack-builder.ts';
import type { BlobType } from '../pack/pack-header.ts';
import { createBlobCheck } from '../save/chunk-saver.ts';

export interface KnownBlob {
  readonly id: string;
  readonly type: BlobType;
  readonly plaintext: Uint8Array;
  /** The plaintext as a zstd frame, where the source has it so: it need not be compressed again. */
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
  const check = options.verify ? createBlobCheck(key) : undefined;
  const compress = createCompressor();
  const takeBuffer = (bytesMin: number) => new Uint8Array(bytesMin);
  const builders = {
    data: createPackBuilder(key, takeBuffer, check, packBytesTarget),
    tree: createPackBuilder(key, takeBuffer, check, Math.min(packBytesTarget, treePackBytesTarget)),
  };

  function stored({ id, type, plaintext, frame }: KnownBlob): NewBlob {
    // a blob of no bytes cannot be stored compressed: a length of 0 means "not compressed" in a pack's header
    if (version === 1 || plaintext.length === 0)
      return { id, type, content: plaintext, uncompressedLength: 0 };
    return { id, type, content: frame ?? compress(plaintext), uncompressedLength: plaintext.length };
  }

  return {
    add: (blob) => builders[blob.type].add(stored(blob)),
    finish: () => [builders.data.finish(), builders.tree.finish()].filter((pack) => pack !== undefined),
  };
}
