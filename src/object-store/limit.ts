import type { ByteRange, ListedObject, ObjectStat, ObjectStore } from './object-store.ts';
import { Semaphore } from './semaphore.ts';
import { wrapAbilities } from './wrap-abilities.ts';

/**
 * At most `requestsMax` requests are under way at once; the others wait in order. A list counts only while it
 * fetches, so its reader may make other requests between two keys.
 */
export function withLimit(inner: ObjectStore, requestsMax: number): ObjectStore {
  const semaphore = new Semaphore(requestsMax);
  return {
    location: inner.location,
    facts: { ...inner.facts, connections: Math.min(requestsMax, inner.facts.connections) },
    abilities: wrapAbilities(inner.abilities, (signal, act) => semaphore.run(signal, act)),
    put: (key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> =>
      semaphore.run(signal, () => inner.put(key, bytes, signal)),
    get: (key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> =>
      semaphore.run(signal, () => inner.get(key, range, signal)),
    stat: (key: string, signal?: AbortSignal): Promise<ObjectStat> =>
      semaphore.run(signal, () => inner.stat(key, signal)),
    list: (prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject> =>
      limitedList(semaphore, inner.list(prefix, signal), signal),
    delete: (key: string, signal?: AbortSignal): Promise<void> =>
      semaphore.run(signal, () => inner.delete(key, signal)),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

/** One place of the semaphore for each fetch of the list. */
export async function* limitedList(
  semaphore: Semaphore,
  objects: AsyncIterable<ListedObject>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedObject> {
  const iterator = objects[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await semaphore.run(signal, () => iterator.next());
      if (step.done === true) {
        return;
      }
      yield step.value;
    }
  } finally {
    await iterator.return?.();
  }
}
