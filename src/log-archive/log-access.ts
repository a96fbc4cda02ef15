import type { ObjectStore } from '../object-store/object-store.ts';

/** What the files of this room share: where the log of one system lies and how its objects are sealed. */
export interface LogAccess {
  readonly store: ObjectStore;
  readonly seal: LogSeal;
  readonly system: string;
  readonly incarnation: string;
  readonly nowMs: () => number;
  /** Hears of what was damaged where the bytes came from another piece. */
  readonly tell: (finding: LogFinding) => void;
}

/**
 * Compresses and seals, and the way back; `what` names the object in OBJECT_DAMAGED, and more than `bytesMax` is damage
 * as well. Commits wait for what is `quick`.
 */
export interface LogSeal {
  seal(plaintext: Uint8Array, effort?: 'usual' | 'quick'): Buffer;
  open(sealed: Uint8Array, what: string, bytesMax?: number): Buffer;
}

export interface LogFinding {
  /**
   * `damaged`: it does not hold what was stored; `conflict`: pieces disagree about the same bytes; `gap`: bytes are
   * missing and nobody said why; `strange`: no name of ours; `kept`: it is not needed and the store keeps it.
   */
  readonly kind: 'damaged' | 'conflict' | 'gap' | 'strange' | 'kept';
  /** Of the object, or of what is next to a gap. */
  readonly key: string;
  /** `does not pass its authentication`: the rest of a sentence that begins with the key. */
  readonly what: string;
}
