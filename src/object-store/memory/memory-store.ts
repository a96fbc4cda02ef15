import { nowMs as wallClockMs } from '../../platform/clock.ts';
import type { RetentionState, StoreAbilities } from '../abilities.ts';
import { assertKey, assertPrefix } from '../key.ts';
import { checkRange } from '../object-errors.ts';
import type { ByteRange, ListedObject, ObjectStat, ObjectStore, StoreFacts } from '../object-store.ts';
import {
  checkWarm,
  memoryClasses,
  memoryStorageClasses,
  memoryThaw,
  usualClass,
  warmthOf,
} from './memory-classes.ts';
import { memoryRetention } from './memory-retention.ts';
import { deleteObject, findObject, type MemoryState, putObject } from './memory-state.ts';
import { memoryVersions } from './memory-versions.ts';

export interface MemoryStore extends ObjectStore {
  /** What the store holds now; for tests that look at it, or start another store from it. */
  readonly objects: ReadonlyMap<string, Buffer>;
}

/** Which abilities it has, each as S3 has it; by default only that objects can be made where none is. */
export interface MemoryStoreOptions {
  /** False: the store cannot decide in one step whether an object is there. */
  readonly createOnly?: boolean;
  /** Earlier contents and deletions are kept. */
  readonly versioned?: boolean;
  /** Objects can be retained; `true` is compliance. With versions a delete hides what is retained, without it fails. */
  readonly locked?: boolean | NonNullable<RetentionState['mode']>;
  /** Every new object but locks is retained for so long at once; needs `locked`. */
  readonly retainNewMs?: number;
  /** STANDARD, STANDARD_IA, GLACIER_IR, and the cold GLACIER and DEEP_ARCHIVE. */
  readonly classes?: boolean;
  /** The clock of the store, in milliseconds since the epoch; with it, `stat` tells when an object was put. */
  readonly nowMs?: () => number;
}

/** A store that lives as long as the process, optionally beginning with copies of `initial`. */
export function openMemoryStore(
  initial: Iterable<readonly [string, Uint8Array]> = [],
  options: MemoryStoreOptions = {},
): MemoryStore {
  const state = stateOf(options);
  for (const [key, bytes] of initial) putObject(state, key, bytes, usualClass);
  const tellsTime = options.nowMs !== undefined;
  return {
    location: state.location,
    facts: factsOf(options),
    abilities: abilitiesOf(state, options),
    objects: state.objects,
    async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
      assertKey(key);
      signal?.throwIfAborted();
      putObject(state, key, bytes, usualClass);
    },
    async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
      const found = findObject(state, key, signal);
      checkWarm(state, key, found);
      const { offset, length } = range ?? { offset: 0, length: found.bytes.length };
      checkRange({ offset, length }, found.bytes.length, key, state.location);
      return Buffer.from(found.bytes.subarray(offset, offset + length));
    },
    async stat(key: string, signal?: AbortSignal): Promise<ObjectStat> {
      const { bytes, modifiedMs } = findObject(state, key, signal);
      return { size: bytes.length, ...(tellsTime ? { modifiedMs } : {}) };
    },
    list: (prefix: string, signal?: AbortSignal) => listObjects(state, prefix, signal),
    async delete(key: string, signal?: AbortSignal): Promise<void> {
      assertKey(key);
      signal?.throwIfAborted();
      deleteObject(state, key);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      // Keeps the objects: a crash test looks at them afterwards.
    },
  };
}

function stateOf({ versioned = false, retainNewMs, nowMs = wallClockMs }: MemoryStoreOptions): MemoryState {
  return {
    location: 'memory',
    versioned,
    objects: new Map(),
    versions: new Map(),
    retainNewMs,
    nowMs,
    versionsMade: 0,
  };
}

function factsOf({ createOnly = true, locked = false, classes = false }: MemoryStoreOptions): StoreFacts {
  return {
    kind: 'memory',
    atomicReplace: true,
    conditionalPut: createOnly,
    objectLock: locked !== false,
    storageClasses: classes ? memoryClasses : [],
    connections: 8,
  };
}

function abilitiesOf(state: MemoryState, options: MemoryStoreOptions): StoreAbilities {
  const { createOnly = true, versioned = false, locked = false, classes = false } = options;
  return {
    ...(createOnly && { createOnly: { create: createIn(state) } }),
    ...(locked !== false && { retention: memoryRetention(state, locked === true ? 'compliance' : locked) }),
    ...(classes && { storageClasses: memoryStorageClasses(state, createOnly), thaw: memoryThaw(state) }),
    ...(versioned && { versions: memoryVersions(state) }),
  };
}

function createIn(state: MemoryState) {
  return async (key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<'created' | 'exists'> => {
    assertKey(key);
    signal?.throwIfAborted();
    if (state.objects.has(key)) return 'exists';
    putObject(state, key, bytes, usualClass);
    return 'created';
  };
}

async function* listObjects(
  state: MemoryState,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedObject> {
  assertPrefix(prefix);
  // The keys of one moment: a live walk over the map would meet a key that is deleted and put again twice.
  for (const key of [...state.objects.keys()].filter((each) => each.startsWith(prefix))) {
    signal?.throwIfAborted();
    const version = state.versions.get(key)?.at(-1);
    if (version?.bytes !== undefined) yield { key, size: version.bytes.length, ...warmthOf(version) };
  }
}
