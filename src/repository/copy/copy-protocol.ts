/** What the main thread and the copying workers say to each other. A mask has bit n set for the target number n. */
import type { BlobType, PackedBlob } from '../pack/pack-header.ts';

export interface PlainKey {
  readonly encrypt: Uint8Array;
  readonly macK: Uint8Array;
  readonly macR: Uint8Array;
}

export interface CopyWorkerData {
  readonly source: PlainKey;
  readonly targets: readonly {
    readonly key: PlainKey;
    readonly version: 1 | 2;
    readonly packBytesTarget: number;
  }[];
  /** Take every new blob apart again before it goes. */
  readonly verify: boolean;
}

export type CopyRequest =
  /** A stretch of a source pack, and the blobs in it that are wanted. */
  | {
      readonly type: 'piece';
      readonly packId: string;
      readonly bytes: Uint8Array;
      readonly blobs: readonly PieceBlob[];
    }
  /** Trees, opened and proven already. */
  | { readonly type: 'trees'; readonly trees: readonly PlainTree[] }
  | { readonly type: 'flush' };

export interface PieceBlob {
  readonly id: string;
  readonly type: BlobType;
  /** Where the sealed blob begins in the piece, and its stored length. */
  readonly start: number;
  readonly length: number;
  readonly uncompressedLength: number;
  readonly mask: number;
}

export interface PlainTree {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly mask: number;
}

export interface CopyReply {
  readonly packs: readonly TargetPack[];
  /** Blobs of the piece that cannot be opened: their place in the request, and why. */
  readonly bad: readonly { readonly at: number; readonly reason: string }[];
}

export interface TargetPack {
  readonly target: number;
  readonly id: string;
  readonly buffer: ArrayBuffer;
  readonly length: number;
  readonly blobs: readonly PackedBlob[];
}

/** As many as fit into a mask of one byte. */
export const targetsMax = 8;
