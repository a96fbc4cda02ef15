/**
 * The Destination port: puts a restored state where it belongs. A restore always lays the files out in a
 * staging folder first; the destination then brings them into place. Two ports, because a drill restores
 * to what was never a source.
 */
import type { SourceFinding } from './source.ts';

export interface Destination {
  /** Where the state goes, for people; holds no secret. */
  readonly description: string;
  /** Absolute paths that the system consists of: what a restored root holds elsewhere has no place here. */
  readonly targets: readonly Buffer[];
  /** Whether the state may be put here now, each finding with what to do. */
  preflight(signal?: AbortSignal): Promise<readonly SourceFinding[]>;
  /** What is there now and would be overwritten, as paths; empty when nothing would. */
  overwrites(signal?: AbortSignal): Promise<readonly string[]>;
  /**
   * Links or copies what is there now to a safe place below `folder`, changing nothing of it, and says what was kept
   * and what could not be.
   */
  keepSafetyCopy(folder: string, signal?: AbortSignal): Promise<SafetyCopy>;
  /**
   * Brings the restored files below `staged` into place. All or nothing per file: a crash leaves the old or
   * the new one, never half of one. `staged` is the restored root: stored absolute paths lie below it. Gives the
   * number of entries that it put in place. Raises PATH_NOT_FOUND, with nothing changed, when there is nothing to put.
   */
  receive(staged: string, signal?: AbortSignal): Promise<number>;
}

export interface SafetyCopy {
  readonly folder: string;
  /** Bytes kept. */
  readonly bytes: number;
  readonly problems: readonly string[];
}
