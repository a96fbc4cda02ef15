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
    };
