/**
 * What the main thread and the saving workers say to each other. A worker reads files, cuts them into chunks,
 * and packs those that are new; the main thread stores the packs and keeps the index. Credits bound memory:
 * a worker holds at most `packsInFlightMax` finished packs that are not stored yet.
 */

import type { PackedBlob } from '../pack/pack-header.ts';
import type { PlainError } from '../worker-pool.ts';
import type { FileBatch } from './file-batch.ts';
import type { ReadContent } from './read-result.ts';

export const packsInFlightMax = 1;

export interface SaveWorkerData {
  readonly key: { readonly encrypt: Uint8Array; readonly macK: Uint8Array; readonly macR: Uint8Array };
  readonly polynomial: bigint;
  readonly version: 1 | 2;
  readonly verify: boolean;
  readonly packBytesTarget: number;
  readonly knownIds: SharedArrayBuffer;
}

export type ToSaveWorker =
  /** Paths as Latin-1 strings of their bytes, joined by NUL; numbered from `first` on. */
  | { readonly type: 'files'; readonly first: number; readonly paths: string }
  /** Memory that later messages name, so that no bytes travel. It is filled again when the worker has told that it is done. */
  | { readonly type: 'group'; readonly group: number; readonly memory: SharedArrayBuffer }
  /** What becomes one blob each, one after the other from the beginning of the group. */
  | {
      readonly type: 'pieces';
      readonly number: number;
      readonly group: number;
      readonly lengths: readonly number[];
      readonly kind: 'pages' | undefined;
    }
  /** The first `length` bytes of the group, to be cut by content. */
  | {
      readonly type: 'stream-chunk';
      readonly stream: number;
      readonly group: number;
      readonly length: number;
    }
  | { readonly type: 'stream-end'; readonly stream: number }
  | { readonly type: 'tree'; readonly id: string; readonly bytes: Uint8Array }
  | { readonly type: 'flush' }
  | { readonly type: 'pack-stored'; readonly buffer: ArrayBuffer };

export type FromSaveWorker =
  | { readonly type: 'files'; readonly batch: FileBatch }
  /** Ids joined without a separator. */
  | { readonly type: 'pieces'; readonly number: number; readonly group: number; readonly ids: string }
  | {
      readonly type: 'stream-progress';
      readonly stream: number;
      readonly group: number;
      readonly length: number;
    }
  | { readonly type: 'stream'; readonly stream: number; readonly result: ReadContent }
  | {
      readonly type: 'pack';
      readonly id: string;
      readonly buffer: ArrayBuffer;
      readonly length: number;
      readonly blobs: readonly PackedBlob[];
    }
  | { readonly type: 'flushed' }
  | { readonly type: 'failed'; readonly error: PlainError };
