/** What came of reading one file or stream. */
export interface ReadContent {
  readonly kind: 'content';
  /** Ids of the chunks, in order. */
  readonly content: readonly string[];
  /** Bytes read. */
  readonly size: number;
}

export type ReadResult =
  | (ReadContent & {
      /** What the file's own stat said when it was read. */
      readonly stat: FileStat;
      /** True when the file still changed during the last attempt. */
      readonly changed: boolean;
    })
  | { readonly kind: 'unreadable'; readonly reason: string; readonly vanished: boolean };

export interface FileStat {
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  readonly deviceId: bigint;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  readonly size: number;
}
