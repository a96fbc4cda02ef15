/**
 * What the SQLite thread can be asked to do. A *snapshot* is the state that one read transaction sees; it is pinned
 * once per connection and ends with it.
 */
export interface SqliteOperations {
  /** Opens a connection; never creates a database, and never reaches another one. */
  readonly open: { readonly input: OpenRequest; readonly output: undefined };
  /** Ends the transaction and closes the connection. */
  readonly close: { readonly input: null; readonly output: undefined };
  readonly execute: { readonly input: { readonly sql: string }; readonly output: undefined };
  /** The first `rowsMax` rows of one statement. */
  readonly rows: {
    readonly input: { readonly sql: string; readonly rowsMax: number };
    readonly output: readonly SqliteRow[];
  };
  readonly pin: { readonly input: PinRequest; readonly output: PinReply };
  /** `count` pages of the snapshot from page `first` on, in page order. The first page is number 1. */
  readonly readPages: { readonly input: PageRange; readonly output: Uint8Array<ArrayBuffer> };
  /** The same, appended to an open file; says how many bytes. */
  readonly writePages: {
    readonly input: PageRange & { readonly descriptor: number };
    readonly output: number;
  };
}

export type SqliteOperation = keyof SqliteOperations;

export interface OpenRequest {
  readonly path: string;
  /** `immutable` takes no locks and ignores a log: only for files that nobody else has. */
  readonly access: 'read' | 'write' | 'immutable';
  readonly busyTimeoutMs: number;
}

export type PinRequest =
  | { readonly journal: 'rollback'; readonly mainDescriptor: number }
  | {
      readonly journal: 'wal';
      readonly mainDescriptor: number;
      readonly indexDescriptor: number;
      readonly logPath: string;
    };

export type PinReply =
  | { readonly kind: 'pinned'; readonly snapshot: PinnedSnapshot }
  /** Other processes committed each time while the transaction began. */
  | { readonly kind: 'contended' }
  | { readonly kind: 'damaged'; readonly reason: string };

export interface PinnedSnapshot {
  readonly pageSizeBytes: number;
  readonly pageCount: number;
  /** Salt of the log in hexadecimal digits and its last visible frame, in WAL mode. */
  readonly log: { readonly salt: string; readonly lastFrame: number } | undefined;
  /** How long the shared lock of rollback mode had to be waited for. */
  readonly waitedMs: number;
}

export interface PageRange {
  readonly first: number;
  readonly count: number;
}

export type SqliteValue = null | number | bigint | string | Uint8Array;
export type SqliteRow = readonly SqliteValue[];

/** An error as it crosses from the thread. */
export interface SqliteFailure {
  readonly message: string;
  /** SQLite's result code, extended; https://sqlite.org/rescode.html. */
  readonly resultCode: number | undefined;
  /** `ENOSPC` and so on, for errors of the operating system and of Node. */
  readonly systemError: string | undefined;
}

export interface ThreadRequest {
  readonly id: number;
  readonly operation: SqliteOperation;
  readonly input: unknown;
}

export type ThreadReply =
  | { readonly id: number; readonly kind: 'done'; readonly output: unknown }
  | { readonly id: number; readonly kind: 'failed'; readonly failure: SqliteFailure };
