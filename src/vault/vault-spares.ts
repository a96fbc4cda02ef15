/** Second copies of a vault's small objects, as others see them. */
export interface VaultSpares {
  /** Makes the copies of config, keys and `vault.json` that are not there yet. */
  refresh(signal?: AbortSignal): Promise<void>;
  /** Every object that is damaged, or missing while its copy is there. `all`: records and plans are read too. */
  check(all: boolean, signal?: AbortSignal): Promise<readonly SpareFinding[]>;
  /** Puts back what `check(true)` found and can be put back. `takenAway`: ids of keys that are to stay away. */
  mend(takenAway: ReadonlySet<string>, signal?: AbortSignal): Promise<SpareMending>;
}

export interface SpareFinding {
  /** Of the object that is not as it should be. */
  readonly key: string;
  readonly what: string;
  readonly canBeMended: boolean;
  /** There, but with the wrong content. */
  readonly isThere: boolean;
}

export interface SpareMending {
  readonly mended: readonly string[];
  readonly lost: readonly string[];
}
