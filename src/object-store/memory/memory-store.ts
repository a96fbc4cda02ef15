import { assertKey, assertPrefix } from '../key.ts';
import { checkRange, objectMissing } from '../object-errors.ts';
import type { ByteRange, ListedObject, ObjectStat, ObjectStore, StoreFacts } from '../object-store.ts';

export interface MemoryStore extends ObjectStore {
  /** What the store holds now; for tests that look at it, or start another store from it. */
  readonly objects: ReadonlyMap<string, Buffer>;
}

const facts: StoreFacts = {
  kind: 'memory',
  atomicReplace: true,
  conditionalPut: false,
  objectLock: false,
  storageClasses: [],
  connections: 8,
};

/** A store that lives as long as the process, optionally beginning with copies of `initial`. */
export function openMemoryStore(initial: Iterable<readonly [string, Uint8Array]> = []): MemoryStore {
  const location = 'memory';
  const objects = new Map<string, Buffer>();
  for (const [key, bytes] of initial) {
    objects.set(key, Buffer.from(bytes));
  }

  function find(key: string, signal: AbortSignal | undefined): Buffer {
    assertKey(key);
    signal?.throwIfAborted();
    const bytes = objects.get(key);
    if (bytes === undefined) {
      throw objectMissing(key, location);
    }
    return bytes;
  }

  return {
    location,
    facts,
    abilities: {},
    objects,
    async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
      assertKey(key);
      signal?.throwIfAborted();
      objects.set(key, Buffer.from(bytes));
    },
    async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
      const bytes = find(key, signal);
      const { offset, length } = range ?? { offset: 0, length: bytes.length };
      checkRange({ offset, length }, bytes.length, key, location);
      return Buffer.from(bytes.subarray(offset, offset + length));
    },
    async stat(key: string, signal?: AbortSignal): Promise<ObjectStat> {
      return { size: find(key, signal).length };
    },
    async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ListedObject> {
      assertPrefix(prefix);
      // The keys of one moment: a live walk over the map would meet a key that is deleted and put again twice.
      for (const key of [...objects.keys()].filter((each) => each.startsWith(prefix))) {
        signal?.throwIfAborted();
        const bytes = objects.get(key);
        if (bytes !== undefined) {
          yield { key, size: bytes.length };
        }
      }
    },
    async delete(key: string, signal?: AbortSignal): Promise<void> {
      assertKey(key);
      signal?.throwIfAborted();
      objects.delete(key);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      // Keeps the objects: a crash test looks at them afterwards.
    },
  };
}
