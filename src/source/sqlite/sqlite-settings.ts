/** What a plan decides about the capture of a database. */
export interface SqliteSourceOptions {
  /** Absolute path of the database file. */
  readonly path: string;
  /** A private folder for the copy that rollback mode needs for a moment; made when absent. */
  readonly workFolder: string;
  /** How long writers may be held up in rollback mode. */
  readonly maxWriterPauseMs?: number;
  /** How long to wait for a lock. */
  readonly busyTimeoutMs?: number;
  /** Tables whose rows are counted in the captured state, or every ordinary one. */
  readonly countTables?: readonly string[] | 'all';
  /** Figures by name: queries of one value each, answered by the captured state. */
  readonly queries?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** For durations: milliseconds that never go back. */
  readonly monotonicMs: () => number;
}

export type SqliteSettings = Required<SqliteSourceOptions>;
