/** Role: what is done to a log beside reading and appending. */
import type { LogFinding } from './log-access.ts';
import type { LogSpan } from './log-archive.ts';

export interface LogKeeper {
  compact(options?: CompactOptions): Promise<CompactReport>;
  check(options?: CheckLogOptions): Promise<CheckLogReport>;
  /** All objects but chunks and segments that a larger segment holds as well. */
  lastingKeys(signal?: AbortSignal): Promise<readonly string[]>;
  /** `needs`: of each branch the lowest position that something needs; branches that are not named stay whole. */
  previewTrim(needs: ReadonlyMap<string, bigint | 'nothing'>, signal?: AbortSignal): Promise<TrimPreview>;
  trim(preview: TrimPreview, signal?: AbortSignal): Promise<TrimReport>;
}

export interface CompactOptions {
  /** A window that is not full yet is compacted when it has so many pieces. Default `windowPiecesMax`. */
  readonly piecesMax?: number;
  /** False where nothing can be deleted: what has its segment is then not read again. Default true. */
  readonly mayDelete?: boolean;
  /** Before the next window. */
  readonly pause?: () => Promise<void>;
  readonly signal?: AbortSignal;
}

export interface CompactReport {
  readonly segments: number;
  readonly deleted: number;
  /** Pieces that a segment holds as well and that the store does not give up. */
  readonly kept: number;
  /** The store refuses to delete: there is no use in asking again. */
  readonly isDeleteRefused: boolean;
  readonly findings: readonly LogFinding[];
}

export interface CheckLogOptions {
  /** Reads the bodies of the windows for which it says so; else names alone are looked at. */
  readonly reads?: (windowKey: string) => boolean;
  readonly signal?: AbortSignal;
}

export interface CheckLogReport {
  readonly pieces: number;
  readonly piecesRead: number;
  /** Before compression. */
  readonly bytesRead: number;
  readonly findings: readonly LogFinding[];
}

/** Made by `previewTrim` of the same log. */
export interface TrimPreview {
  readonly branches: readonly {
    readonly branch: string;
    /** What is left begins here, as far as it was there; absent: nothing is left. */
    readonly keptFrom?: bigint;
    readonly spans: readonly LogSpan[];
  }[];
  readonly pieces: readonly { readonly key: string; readonly size: number }[];
  /** Of the objects. */
  readonly bytes: number;
}

export interface TrimReport {
  readonly deleted: number;
  readonly bytes: number;
  readonly kept: number;
  readonly findings: readonly LogFinding[];
}
