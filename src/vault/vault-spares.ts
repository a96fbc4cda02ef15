/** Second copies of a vault's small objects, as others see them. */
export interface VaultSpares {
  /** Makes the copies of config, keys and `vault.json` that are not there yet. */
  refresh(signal?: AbortSignal): Promise<void>;
  /** Every object that is damaged, or missing while its copy is there. `all`: records and plans are read too. */
  check(all: boolean, signal?: AbortSignal): Promise<readonly SpareFinding[]>;
  /** Puts back what `check(true)` found and can be put back. */
  mend(keys: KeysToMend, signal?: AbortSignal): Promise<SpareMending>;
}

/**
 * Ids of keys. Stock restic removes a key without a trace and leaves our copy: a key that is missing is put back only
 * when a person says that it was lost.
 */
export interface KeysToMend {
  /** Records say that they were removed: they go, and their copies with them. */
  readonly removed: ReadonlySet<string>;
  readonly lost: ReadonlySet<string>;
}

export interface SpareFinding {
  /** Of the object that is not as it should be. */
  readonly key: string;
  readonly what: string;
  readonly canBeMended: boolean;
  /** There, but with the wrong content. */
  readonly isThere: boolean;
  /** A key that is missing and may have been removed with another program. */
  readonly mayBeRemoved: boolean;
}

export interface SpareMending {
  readonly mended: readonly string[];
  readonly lost: readonly string[];
}
