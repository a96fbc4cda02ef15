import type { ByteRange, ListedObject, ObjectStat, ObjectStore } from './object-store.ts';
import { type Around, wrapAbilities } from './wrap-abilities.ts';

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

/** Stores answer a list in pages; S3's have so many keys, and each page is a request. */
const listPageKeys = 1000;

/**
 * Counts every request when it begins, bytes when they have arrived, and what abilities do as the request it comes
 * nearest to. Wrapped directly around an adapter, it counts each try of a retry, as the bill does.
 */
export function withCounts(inner: ObjectStore): CountedStore {
  const counts = zeroCounts();
  const counted = countsAround(counts);
  const list = <T>(_prefix: string, objects: () => AsyncIterable<T>) => countPages(counts, objects);
  return {
    location: inner.location,
    facts: inner.facts,
    abilities: wrapAbilities(inner.abilities, counted, list),
    counts,
    put: (key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> =>
      counted(signal, () => inner.put(key, bytes, signal), { operation: 'put', key, bytes }),
    get: (key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> =>
      counted(signal, () => inner.get(key, range, signal), { operation: 'get', key }),
    stat: (key: string, signal?: AbortSignal): Promise<ObjectStat> =>
      counted(signal, () => inner.stat(key, signal), { operation: 'stat', key }),
    list: (prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject> =>
      list(prefix, () => inner.list(prefix, signal)),
    delete: (key: string, signal?: AbortSignal): Promise<void> =>
      counted(signal, () => inner.delete(key, signal), { operation: 'delete', key }),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

export function zeroCounts(): StoreCounts {
  return { puts: 0, gets: 0, stats: 0, lists: 0, deletes: 0, bytesPut: 0, bytesGot: 0 };
}

/** What was counted between two looks at the counts of one store. */
export function countsBetween(before: Readonly<StoreCounts>, after: Readonly<StoreCounts>): StoreCounts {
  return {
    puts: after.puts - before.puts,
    gets: after.gets - before.gets,
    stats: after.stats - before.stats,
    lists: after.lists - before.lists,
    deletes: after.deletes - before.deletes,
    bytesPut: after.bytesPut - before.bytesPut,
    bytesGot: after.bytesGot - before.bytesGot,
  };
}

export function addCounts(a: Readonly<StoreCounts>, b: Readonly<StoreCounts>): StoreCounts {
  return {
    puts: a.puts + b.puts,
    gets: a.gets + b.gets,
    stats: a.stats + b.stats,
    lists: a.lists + b.lists,
    deletes: a.deletes + b.deletes,
    bytesPut: a.bytesPut + b.bytesPut,
    bytesGot: a.bytesGot + b.bytesGot,
  };
}

function countsAround(counts: StoreCounts): Around {
  return async (_signal, act, { operation, bytes }) => {
    counts[`${operation}s`] += 1;
    const result = await act();
    counts.bytesPut += bytes?.length ?? 0;
    if (operation === 'get' && Buffer.isBuffer(result)) counts.bytesGot += result.length;
    return result;
  };
}

async function* countPages<T>(counts: StoreCounts, objects: () => AsyncIterable<T>): AsyncGenerator<T> {
  counts.lists += 1;
  let seen = 0;
  for await (const object of objects()) {
    if (seen > 0 && seen % listPageKeys === 0) counts.lists += 1;
    seen += 1;
    yield object;
  }
}
