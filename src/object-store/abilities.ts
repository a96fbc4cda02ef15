/**
 * What only some stores can do, each a small interface of its own that is asked for by name:
 * `store.abilities.retention?.retain(…)`. The rules of the port hold for all of them: the absent raises OBJECT_MISSING,
 * what may pass by itself is `retryable`, every call takes a signal.
 *
 * Glossary: *retention*: a date before which the store itself lets nobody delete or replace an object; *storage class*:
 * how dear keeping and how slow reading is; *cold*: in a class that must be thawed before it can be read.
 */
export interface StoreAbilities {
  readonly createOnly?: CreateOnly;
  readonly retention?: ObjectRetention;
  readonly storageClasses?: StorageClasses;
  readonly thaw?: ArchiveThaw;
  readonly versions?: ObjectVersions;
}

/** An object is made only where none is, decided by the store in one step. */
export interface CreateOnly {
  /** `exists`: there was an object, and it is as it was. */
  create(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<'created' | 'exists'>;
}

export interface ObjectRetention {
  /** From when on nobody can delete the object. Never shortens: an earlier date than the present one changes nothing. */
  retain(key: string, untilMs: number, signal?: AbortSignal): Promise<void>;
  retentionOf(key: string, signal?: AbortSignal): Promise<RetentionState>;
  /** A hold without a date, on top of the retention. */
  setLegalHold(key: string, held: boolean, signal?: AbortSignal): Promise<void>;
}

export interface RetentionState {
  /** Milliseconds since the epoch; absent when nothing keeps anybody from deleting it. */
  readonly untilMs?: number;
  /** `governance`: somebody with a special right may shorten it; `compliance`: nobody. */
  readonly mode?: 'governance' | 'compliance';
  readonly legalHold: boolean;
}

export interface StorageClasses {
  /** As `put`, into a class of `facts.storageClasses`. */
  putInto(storageClass: string, key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** As `CreateOnly.create`, into a class; there wherever that ability is. */
  createInto?(
    storageClass: string,
    key: string,
    bytes: Uint8Array,
    signal?: AbortSignal,
  ): Promise<'created' | 'exists'>;
  classOf(key: string, signal?: AbortSignal): Promise<string>;
  /** Moves an object that is there; reading it goes on to work, or starts to need thawing. */
  moveTo(storageClass: string, key: string, signal?: AbortSignal): Promise<void>;
}

/** How dear and how quick a thaw is; each store has its own times for them. */
export type ThawSpeed = 'expedited' | 'standard' | 'bulk';

export interface ArchiveThaw {
  /** Whether a get works now. A get of what is `cold` or `thawing` raises OBJECT_COLD. */
  stateOf(key: string, signal?: AbortSignal): Promise<ThawState>;
  /** Asks for it; returns long before it is there. Asking again for what is thawing or ready succeeds. */
  thaw(key: string, speed: ThawSpeed, days: number, signal?: AbortSignal): Promise<void>;
  /** How long a thaw usually takes, per class and speed, in milliseconds. Absent: the speed is not offered. */
  usualMs(storageClass: string, speed: ThawSpeed): number | undefined;
}

export type ThawState =
  | { readonly kind: 'ready' /** When it is cold again. */; readonly untilMs?: number }
  | { readonly kind: 'cold' }
  | { readonly kind: 'thawing' };

/** Earlier contents and deletions that the store keeps. */
export interface ObjectVersions {
  /** All versions of all keys below the prefix, newest first within a key. */
  listVersions(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectVersion>;
  /** For good. Raises OBJECT_RETAINED. */
  deleteVersion(key: string, versionId: string, signal?: AbortSignal): Promise<void>;
  getVersion(key: string, versionId: string, signal?: AbortSignal): Promise<Buffer>;
}

export interface ObjectVersion {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly versionId: string;
  readonly isCurrent: boolean;
  /** A mark that the key was deleted; it has no bytes. */
  readonly isDeletion: boolean;
  readonly modifiedMs: number;
}
