/** What the main thread and the reading workers say to each other. Paths are bytes as Latin-1 strings. */
import type { ExtendedAttribute } from '../../source/entry-metadata.ts';

export interface ReadWorkerData {
  readonly key: { readonly encrypt: Uint8Array; readonly macK: Uint8Array; readonly macR: Uint8Array };
}

export type ReadRequest = RestorePiece | VerifyFiles | CheckPack;

/** A stretch of a pack, and where the blobs in it go. */
export interface RestorePiece {
  readonly type: 'restore';
  readonly rootFd: number;
  readonly sparse: boolean;
  readonly packId: string;
  readonly bytes: Uint8Array;
  readonly blobs: readonly PieceBlob[];
}

export interface PieceBlob {
  readonly id: string;
  /** Where the sealed blob begins in the piece, and its stored length. */
  readonly start: number;
  readonly length: number;
  readonly uncompressedLength: number;
  readonly targets: readonly BlobTarget[];
}

export interface BlobTarget {
  /** Number of the file, for replies. */
  readonly file: number;
  readonly path: string;
  /** Where the blob's plaintext goes in the file. */
  readonly offset: number;
  /** Set when the blob is the whole file: it is created, filled and finished in one go. */
  readonly whole?: FileAttributes;
}

export interface FileAttributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  readonly atimeNs: bigint;
  readonly xattrs: readonly ExtendedAttribute[];
}

/** Read back what was written: each file must consist of just these chunks. */
export interface VerifyFiles {
  readonly type: 'verify';
  readonly rootFd: number;
  readonly files: readonly {
    readonly file: number;
    readonly path: string;
    readonly chunks: readonly { readonly id: string; readonly length: number }[];
  }[];
}

/** A whole pack against its own name, its header and the index. */
export interface CheckPack {
  readonly type: 'check-pack';
  readonly packId: string;
  readonly bytes: Uint8Array;
  readonly blobs: readonly import('../pack/pack-header.ts').PackedBlob[];
}

export interface ReadReply {
  /** Files that could not be written or lost metadata, by number. */
  readonly problems: readonly {
    readonly file: number;
    readonly reason: string;
    readonly metadataOnly: boolean;
  }[];
  /** Blobs that cannot be used, by position in the request. */
  readonly badBlobs: readonly { readonly at: number; readonly reason: string }[];
  /** What is wrong with a pack as a whole. */
  readonly packErrors: readonly string[];
}
