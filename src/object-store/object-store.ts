import type { StoreAbilities } from './abilities.ts';

/**
 * The ObjectStore port: opaque bytes under opaque keys. What the bytes mean lives one layer up.
 *
 * Guarantees every implementation gives, and `test/conformance/object-store.ts` checks:
 * - put is all or nothing: a reader sees the old object or the whole new one, and after the promise
 *   resolves the object is durable and visible to the next get, stat and list;
 * - putting an existing key replaces it as a whole;
 * - get, stat of an absent key raise OBJECT_MISSING; deleting an absent key succeeds;
 * - a range that leaves the object raises OBJECT_DAMAGED (the object is shorter than the caller knows it to be);
 * - list yields each key under the prefix once, in no promised order, with its size in bytes;
 * - errors that may pass by themselves carry `retryable: true`; the store never retries by itself;
 * - an aborted signal rejects the call; a put cut short by it leaves nothing under the key.
 *
 * Keys are relative, `/`-separated, made of `[A-Za-z0-9._-]` segments; `.` and `..` are not segments.
 * A last segment that ends in `-tmp-` and hex digits is the name of an unfinished write, never a key, and no key
 * is another one's folder (`a` and `a/b`). What is no key raises ASSERTION. `list` takes any beginning of a key.
 */
export interface ObjectStore extends AsyncDisposable {
  /** Where this is, for people; holds no secret. */
  readonly location: string;
  readonly facts: StoreFacts;
  /** Rare abilities, see there; wrappers wrap them too. */
  readonly abilities: StoreAbilities;
  put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** The whole object, or `range.length` bytes from `range.offset`. The buffer is the caller's. */
  get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer>;
  stat(key: string, signal?: AbortSignal): Promise<ObjectStat>;
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject>;
  delete(key: string, signal?: AbortSignal): Promise<void>;
}

/** `offset` and `length` in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface ObjectStat {
  /** Bytes. */
  readonly size: number;
  /** When it was put, by the clock of the store: milliseconds since the epoch. Absent where the store does not tell. */
  readonly modifiedMs?: number;
}

export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** It is in no archive class, as the list alone tells. Absent: it may be or not, ask `thaw.stateOf`. */
  readonly isWarm?: true;
}

/** What differs between kinds of stores, as data. */
export interface StoreFacts {
  readonly kind: string;
  readonly atomicReplace: boolean;
  readonly conditionalPut: boolean;
  readonly objectLock: boolean;
  readonly storageClasses: readonly string[];
  /** How many requests at once are worth making. */
  readonly connections: number;
  /** The directory behind a local store, so that the linter can see which disk it is on. */
  readonly directory?: string;
}
