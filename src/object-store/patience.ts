import { LifeboatError } from '../error/lifeboat-error.ts';
import type { ByteRange, ListedObject, ObjectStat, ObjectStore } from './object-store.ts';
import { type RetryOptions, withRetry } from './retry.ts';
import { wrapAbilities } from './wrap-abilities.ts';

/** As long as a person waits who mistyped an address. */
const firstAnswerMsMax = 10_000;
/** A store that answered before is waited for, lest hours of work are lost to minutes without a network. */
const laterMsMax = 15 * 60 * 1000;

/**
 * `withRetry` for a store that may be no store at all: until it has answered once, be it by a refusal, a request is
 * tried again for a few seconds only.
 */
export function withPatience(
  inner: ObjectStore,
  options: Omit<RetryOptions, 'totalMsMax'> = {},
): ObjectStore {
  let hasAnswered = false;
  const watched = watchAnswers(inner, () => {
    hasAnswered = true;
  });
  return withRetry(watched, {
    ...options,
    get totalMsMax() {
      return hasAnswered ? laterMsMax : firstAnswerMsMax;
    },
  });
}

function watchAnswers(inner: ObjectStore, onAnswer: () => void): ObjectStore {
  const watched = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      const result = await act();
      onAnswer();
      return result;
    } catch (error) {
      if (error instanceof LifeboatError && !error.retryable) onAnswer();
      throw error;
    }
  };
  return {
    location: inner.location,
    facts: inner.facts,
    abilities: wrapAbilities(inner.abilities, (_signal, act) => watched(act)),
    put: (key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> =>
      watched(() => inner.put(key, bytes, signal)),
    get: (key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> =>
      watched(() => inner.get(key, range, signal)),
    stat: (key: string, signal?: AbortSignal): Promise<ObjectStat> => watched(() => inner.stat(key, signal)),
    list: (prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject> =>
      watchedList(inner.list(prefix, signal), watched),
    delete: (key: string, signal?: AbortSignal): Promise<void> => watched(() => inner.delete(key, signal)),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

async function* watchedList(
  objects: AsyncIterable<ListedObject>,
  watched: <T>(act: () => Promise<T>) => Promise<T>,
): AsyncGenerator<ListedObject> {
  const iterator = objects[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await watched(() => iterator.next());
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await iterator.return?.();
  }
}
