/** What a plan decides about physical backups of a PostgreSQL cluster. */
import type { PostgresAddress } from '../wire/address.ts';

export interface PostgresSourceOptions {
  /** Of the server whose files are read; its role needs REPLICATION. */
  readonly address: PostgresAddress;
  /** That server is a standby. */
  readonly isStandby?: boolean;
  /** What the backup is called in `backup_label` and in the server's views. */
  readonly label: string;
  /** The slot that keeps the log for us, where it is streamed. */
  readonly slot?: string;
  readonly checkpoint: 'fast' | 'spread';
  /** Bytes a second. */
  readonly maxRate?: number;
  /** Tables of the address's database whose rows are counted, as a statement may write them. */
  readonly countTables: readonly string[];
  /** Of the checks, by name; each gives one value. */
  readonly queries: Readonly<Record<string, string>>;
  /** Another cluster is refused. Default: that of the earlier capture. */
  readonly expectedSystemId?: string;
  /**
   * Files of the snapshot that the caller gives as `SaveRequest.base`. Where the server can, only what changed since is
   * read; else everything, and `onNote` says why.
   */
  readonly base?: BaseFiles;
  /** For the few files that must wait. */
  readonly workFolder: string;
  readonly onNote?: (note: string) => void;
  /** Bytes of the whole, as the server estimates them; asked for only when this is given. */
  readonly onSize?: (bytes: number) => void;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

/** Of `/postgresql/data` in a snapshot. */
export interface BaseFiles {
  /** `backup_manifest` */
  readonly manifest: Uint8Array;
  /** `global/pg_control` */
  readonly controlFile: Uint8Array;
}
