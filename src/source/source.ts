/**
 * The Source port: captures one system's data as a consistent sequence of entries.
 *
 * Glossary: a *capture* is one consistent reading; *events* walk a tree depth-first (`enter` a directory, its
 * entries, `leave`), so that what consumes them needs memory for one branch only; a *position* says where
 * in the engine's own history the capture stands; *values* are measured at capture time, inside the same
 * transaction where the engine has one, and compared again after a restore.
 */
import type { EntryMetadata } from './entry-metadata.ts';
import type { Position } from './position.ts';

export interface Source {
  /** What is captured, for people; holds no secret. */
  readonly description: string;
  /** Prerequisites, each finding with what to do. An empty list means that a capture may start. */
  preflight(signal?: AbortSignal): Promise<readonly SourceFinding[]>;
  /**
   * Begins a consistent capture. Raises SOURCE_* errors; after the promise resolves nothing that was
   * committed before is missing from the events. The caller disposes the capture in every case. `earlier` lets a source
   * refuse what is not what it was, and read only what changed since.
   */
  capture(signal?: AbortSignal, earlier?: EarlierCapture): Promise<Capture>;
}

/** What the newest capture of the same system left. */
export interface EarlierCapture {
  /** Where it ended; absent when nothing is known of it. */
  readonly position?: Position;
  /**
   * A file of its snapshot, which the caller then gives as `SaveRequest.base`; `undefined` when it holds none. Absent:
   * everything is to be read.
   */
  readonly read?: (path: string, signal?: AbortSignal) => Promise<Uint8Array | undefined>;
}

export interface SourceFinding {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
}

export interface Capture extends AsyncDisposable {
  /**
   * In batches, for speed; consumed once, to the end. Siblings come in any order; names are unique. Contents are read as
   * their entries come: a source may wait with the next batch until those of this one were read.
   */
  readonly events: AsyncIterable<readonly CaptureEvent[]>;
  /** What the capture saw; complete only after the last event was consumed. */
  result(): Promise<CaptureResult>;
}

export interface CaptureResult {
  readonly start: Position;
  readonly end: Position;
  /** When the captured state was current: milliseconds since the epoch. What was committed before is inside. */
  readonly capturedAtMs: number;
  /** Named figures of the source for later comparison, such as row counts: `{"rows:orders": 4711}`. */
  readonly values: Readonly<Record<string, number | string>>;
  /** Input that could not be read. Not empty means that the run is incomplete. */
  readonly problems: readonly CaptureProblem[];
  /** How long writers of the source were held up, in milliseconds. */
  readonly writerPauseMs: number;
}

export interface CaptureProblem {
  /** The path as text for people. */
  readonly path: string;
  readonly reason: string;
}

export type CaptureEvent =
  | { readonly kind: 'enter'; readonly name: Buffer; readonly metadata: EntryMetadata }
  | { readonly kind: 'leave' }
  | {
      readonly kind: 'entry';
      readonly name: Buffer;
      readonly metadata: EntryMetadata;
      readonly content: Content;
    };

/** Where the bytes of a regular file come from; `none` for every other kind of entry. */
export type Content =
  | { readonly kind: 'none' }
  /** A file that the reader opens itself (without following links) and reads in place. */
  | { readonly kind: 'path'; readonly path: Buffer }
  /** Bytes the source makes. Read once, in order, to the end; an error fails the whole capture. */
  | {
      readonly kind: 'stream';
      open(signal?: AbortSignal): AsyncIterable<Uint8Array>;
      /** Cut at fixed places instead of by content: right for files whose pages never move, such as a table's. */
      readonly cut?: 'pages';
    }
  /**
   * The file of the same path in the base of the capture (`SaveRequest.base`), with some of its bytes replaced and
   * its length set. What lies behind the end of the base and is in no range is zeros.
   */
  | {
      readonly kind: 'patch';
      /** Bytes of the file that results. */
      readonly size: number;
      /** What is replaced: ascending, apart from each other, within `size`. */
      readonly ranges: readonly ContentRange[];
      /** The bytes of the ranges, one after the other. Read once, in order, to the end. */
      open(signal?: AbortSignal): AsyncIterable<Uint8Array>;
    };

/** Bytes. */
export interface ContentRange {
  readonly at: number;
  readonly length: number;
}
