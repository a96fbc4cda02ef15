/** Where in an engine's own history a capture stands: a union per kind of source. */
export type Position =
  | { readonly kind: 'none' }
  /**
   * SQLite: the file change counter (bytes 24–27 of the header), and in WAL mode the salt of the log and
   * the number of the last frame that the reader sees.
   */
  | {
      readonly kind: 'sqlite';
      readonly journal: 'wal' | 'rollback';
      readonly changeCounter: number;
      readonly pageCount: number;
      readonly walSalt?: string;
      readonly walFrame?: number;
    }
  /**
   * PostgreSQL: LSNs as it writes them (`0/3000028`). `base` is where the replay of the capture must begin, `at` the
   * LSN from which on the captured state is consistent.
   */
  | {
      readonly kind: 'postgres';
      /** The system identifier of the cluster, in digits. */
      readonly systemId: string;
      readonly timeline: number;
      readonly base: string;
      readonly at: string;
      /** `15.18`. */
      readonly serverVersion: string;
      /** Bytes of one WAL segment. */
      readonly segmentBytes: number;
      /** The WAL from `base` to `at` is in the snapshot itself. */
      readonly hasLog: boolean;
    };
