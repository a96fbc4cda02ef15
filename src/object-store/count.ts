import type { ByteRange, ListedObject, ObjectStat, ObjectStore } from './object-store.ts';

/** Requests begun and bytes carried since the store was wrapped. */
export interface StoreCounts {
  puts: number;
  gets: number;
  stats: number;
  lists: number;
  deletes: number;
  bytesPut: number;
  bytesGot: number;
}

export interface CountedStore extends ObjectStore {
  /** Always current. */
  readonly counts: Readonly<StoreCounts>;
}

/** Counts every request when it begins, bytes when they have arrived. */
export function withCounts(inner: ObjectStore): CountedStore {
  const counts = { puts: 0, gets: 0, stats: 0, lists: 0, deletes: 0, bytesPut: 0, bytesGot: 0 };
  return {
    location: inner.location,
    facts: inner.facts,
    abilities: inner.abilities,
    counts,
    async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
      counts.puts += 1;
      await inner.put(key, bytes, signal);
      counts.bytesPut += bytes.length;
    },
    async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
      counts.gets += 1;
      const bytes = await inner.get(key, range, signal);
      counts.bytesGot += bytes.length;
      return bytes;
    },
    async stat(key: string, signal?: AbortSignal): Promise<ObjectStat> {
      counts.stats += 1;
      return await inner.stat(key, signal);
    },
    list(prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject> {
      counts.lists += 1;
      return inner.list(prefix, signal);
    },
    async delete(key: string, signal?: AbortSignal): Promise<void> {
      counts.deletes += 1;
      await inner.delete(key, signal);
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}
