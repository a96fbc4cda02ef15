/**
 * The log of one system in one vault: immutable sealed objects, each naming the bytes it holds, chained by hash.
 *
 * Glossary: *incarnation*, *branch* and *position* as in `source/log-source.ts`; a *span* is a run of bytes of one
 * branch, `end` exclusive; a *piece* is one stored object: a *chunk* as it came, or a *segment* that a compaction made
 * of chunks; a *mark* is a moment that the bytes tell of, found by whoever can read them; a *gap* is a span that no
 * piece holds although pieces lie on both sides, or after a position that somebody needs.
 */
export interface LogSpan {
  readonly branch: string;
  readonly start: bigint;
  readonly end: bigint;
}

/** What the bytes of one piece tell about time. Milliseconds since the epoch; absent when they tell nothing. */
export interface LogMarks {
  readonly firstCommitAtMs?: number;
  readonly lastCommitAtMs?: number;
  readonly commits: number;
  /** The newest heartbeat of ours: everything before `end` was written by then. */
  readonly heartbeat?: { readonly writtenAtMs: number; readonly end: bigint };
  /** Named points, in order. */
  readonly names: readonly { readonly name: string; readonly end: bigint; readonly atMs: number }[];
}

/** The header of a stored piece. */
export interface LogPiece extends LogSpan {
  readonly form: 'chunk' | 'segment';
  /** Key of the object in the vault. */
  readonly key: string;
  /** 64 hex digits each: the link before it, and its own. */
  readonly previous: string;
  readonly link: string;
  readonly marks: LogMarks;
  /** When it was stored, by the clock of who wrote it. */
  readonly storedAtMs: number;
}

/** What there is of one branch: what hangs together, and what is missing between. */
export interface LogCoverage {
  readonly branch: string;
  /** Ascending, apart from each other. */
  readonly spans: readonly LogSpan[];
  readonly gaps: readonly LogSpan[];
}

/** Role: reading. */
export interface LogReader {
  readonly system: string;
  readonly incarnation: string;
  coverage(signal?: AbortSignal): Promise<readonly LogCoverage[]>;
  /** Pieces that overlap the span, in order; headers only. */
  pieces(span: LogSpan, signal?: AbortSignal): AsyncIterable<LogPiece>;
  /** Exactly the bytes of the span. Raises LOG_GAP, and OBJECT_DAMAGED for what is not what was stored. */
  read(span: LogSpan, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** The engine's own text on how a branch came to be; `undefined` where none was stored. */
  history(branch: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  branches(signal?: AbortSignal): Promise<readonly string[]>;
}

/** Role: appending. One writer continues one branch; several may race, and each stores what is true. */
export interface LogWriter {
  /** The span that hangs together with the newest byte, when the writer was opened. */
  readonly resumed?: LogSpan;
  /**
   * Names, chains and seals the next bytes without storing them, so that several can be on their way at once.
   * `start` must be where the one before ended, or the first of the writer.
   */
  prepare(start: bigint, bytes: Uint8Array, marks: LogMarks): PreparedPiece;
  /** Durable when the promise resolves. The same name and content succeeds, other content raises LOG_CONFLICT. */
  store(piece: PreparedPiece, signal?: AbortSignal): Promise<LogPiece>;
}

export interface PreparedPiece extends LogSpan {
  readonly key: string;
  readonly link: string;
  /** Sealed; what is put. */
  readonly object: Uint8Array;
}

export interface LogArchive extends LogReader {
  /** `branch` continues where its own pieces end; a new branch begins with the first `prepare`. */
  writer(branch: string, signal?: AbortSignal): Promise<LogWriter>;
  /** Stores it before the first piece of its branch; the same text succeeds, another raises LOG_CONFLICT. */
  putHistory(branch: string, text: Uint8Array, signal?: AbortSignal): Promise<void>;
}
