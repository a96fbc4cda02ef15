/**
 * What the reader of the log tells of a record. Glossary: a *resource manager* (`rmgr`) is the part of the server that
 * a record belongs to; `xid` is the transaction that wrote it; times are microseconds since 1970, by the server's clock.
 */
export const rmgrs = { xlog: 0, transaction: 1, logicalMessage: 21 } as const;

export interface WalRecord {
  /** The LSN of its first byte, and the first one behind it, where the next may begin. */
  readonly start: bigint;
  readonly end: bigint;
  readonly rmgr: number;
  /** The upper four bits say what kind of record of its manager it is. */
  readonly info: number;
  /** 0 where no transaction wrote it. */
  readonly xid: number;
  /** Where the record before it began. */
  readonly previous: bigint;
  /** All of it, with its header of 24. */
  readonly bytes: number;
  readonly body: WalBody;
}

export type WalBody =
  /** A record that changes data, or one that tells nothing about the history. */
  | { readonly kind: 'other' }
  | WalTransactionEnd
  | { readonly kind: 'prepare'; readonly xid: number; readonly atUs: number }
  | {
      readonly kind: 'message';
      readonly prefix: string;
      /** At most its first 64 KiB. */
      readonly content: Uint8Array;
      readonly isTransactional: boolean;
    }
  | { readonly kind: 'restore-point'; readonly name: string; readonly atUs: number }
  | {
      readonly kind: 'checkpoint';
      readonly isShutdown: boolean;
      readonly redo: bigint;
      readonly timeline: number;
      readonly previousTimeline: number;
      readonly atUs: number;
    }
  | {
      readonly kind: 'end-of-recovery';
      readonly timeline: number;
      readonly previousTimeline: number;
      readonly atUs: number;
    }
  | { readonly kind: 'parameters'; readonly settings: WalParameters }
  /** The base backup that began there is consistent from here on. */
  | { readonly kind: 'backup-end'; readonly startedAt: bigint }
  /** The rest of the segment is empty. */
  | { readonly kind: 'switch' };

export interface WalTransactionEnd {
  readonly kind: 'commit' | 'abort';
  /** The top-level transaction: of a prepared one the one that was prepared. */
  readonly xid: number;
  readonly atUs: number;
  readonly subtransactions: readonly number[];
}

/** What a server that replays the log must allow at least, by the names of the settings. */
export interface WalParameters {
  readonly max_connections: number;
  readonly max_worker_processes: number;
  readonly max_wal_senders: number;
  readonly max_prepared_transactions: number;
  readonly max_locks_per_transaction: number;
}
