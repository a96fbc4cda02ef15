/**
 * The log of one system in one vault: immutable sealed objects, each naming the bytes it holds, chained by hash.
 *
 * Glossary: *incarnation*, *branch* and *position* as in `source/log-source.ts`; a *span* is a run of bytes of one
 * branch, `end` exclusive; a *piece* is one stored object: a *chunk* as it came, or a *segment* that a compaction made
 * of chunks; a *mark* is a moment that the bytes tell of, found by whoever can read them; a *gap* is a span that no
 * piece holds although pieces lie on both sides; a *window* is the run of bytes between two multiples of
 * `pieceBytesMax`, which no piece crosses; a *seam* is a place where a piece does not name the link before it.
 */

/** Bytes of the largest piece, and of a window. Engines of all segment sizes get along with it. */
export const pieceBytesMax = 16 * 1024 * 1024;

export interface LogSpan {
  readonly branch: string;
  readonly start: bigint;
  readonly end: bigint;
}

/** What the bytes of one piece tell about time. Milliseconds since the epoch; absent when they tell nothing. */
export interface LogMarks {
  readonly firstCommitAtMs?: number;
  readonly lastCommitAtMs?: number;
  /** Of a segment made of chunks that overlap: at most. */
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
  /**
   * 64 hex digits each: the link before it, and its own. `previous` is zeros where it was not known. A segment has the
   * `previous` of its first chunk and the `link` of its last.
   */
  readonly previous: string;
  readonly link: string;
  readonly marks: LogMarks;
  /** When it was stored, by the clock of who wrote it. */
  readonly storedAtMs: number;
}

/** What there is of one branch: what hangs together, and what is missing between. From the names alone. */
export interface LogCoverage {
  readonly branch: string;
  /** Ascending, apart from each other. */
  readonly spans: readonly LogSpan[];
  readonly gaps: readonly LogGap[];
}

export interface LogGap extends LogSpan {
  /** Somebody found that the server had these bytes no more, and wrote it down. Else they are on their way, or lost here. */
  readonly isDeclared: boolean;
}

export interface DeclaredGap extends LogSpan {
  readonly reason: string;
  /** By the clock of who wrote it: milliseconds since the epoch. */
  readonly declaredAtMs: number;
}

/** Role: reading. */
export interface LogReader {
  readonly system: string;
  readonly incarnation: string;
  coverage(signal?: AbortSignal): Promise<readonly LogCoverage[]>;
  /** Pieces that overlap the span, in order; headers only. Raises OBJECT_DAMAGED naming the piece. */
  pieces(span: LogSpan, signal?: AbortSignal): AsyncIterable<LogPiece>;
  /**
   * Exactly the bytes of the span, in portions of any size. What is damaged in one piece comes from another that holds
   * it. Raises LOG_GAP, and OBJECT_DAMAGED where nothing gives the bytes that were stored.
   */
  read(span: LogSpan, signal?: AbortSignal): AsyncIterable<Buffer>;
  /** The engine's own text on how a branch came to be; `undefined` where none was stored. */
  history(branch: string, signal?: AbortSignal): Promise<Buffer | undefined>;
  branches(signal?: AbortSignal): Promise<readonly string[]>;
  declaredGaps(branch: string, signal?: AbortSignal): Promise<readonly DeclaredGap[]>;
}

/** Role: appending. One writer continues one branch; several may race, and each stores what is true. */
export interface LogWriter {
  readonly branch: string;
  /**
   * Names, chains and seals the next bytes without storing them, so that several can be on their way at once. `start`
   * must be where the one before ended, or the `from` of the writer; the bytes must not cross a multiple of
   * `pieceBytesMax`.
   */
  prepare(start: bigint, bytes: Uint8Array, marks: LogMarks): PreparedPiece;
  /**
   * Durable when the promise resolves. The same name and content succeeds, and gives what was there; other content
   * raises LOG_CONFLICT.
   */
  store(piece: PreparedPiece, signal?: AbortSignal): Promise<LogPiece>;
}

export interface PreparedPiece extends LogPiece {
  /** SHA-256 of the bytes, 64 hex digits. */
  readonly digest: string;
  /** Sealed; what is put. */
  readonly object: Uint8Array;
}

export interface LogArchive extends LogReader {
  /** The store decides in one step whether a name is taken. Where it cannot, two writers can cover each other. */
  readonly createsOnly: boolean;
  /**
   * Continues at `from`, which is where a span ends, or where a new one begins. After a write that was cut off, pieces
   * may lie behind a hole: whoever goes on where the hole begins stores what is in them again, under other names.
   */
  writer(branch: string, from: bigint, signal?: AbortSignal): Promise<LogWriter>;
  /** Before the first piece of its branch; the same text succeeds, another raises LOG_CONFLICT. */
  putHistory(branch: string, text: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Says that the bytes cannot be had any more. They may be stored later all the same: then there is no gap. */
  declareGap(gap: LogSpan, reason: string, signal?: AbortSignal): Promise<void>;
}

export const noMarks: LogMarks = { commits: 0, names: [] };
