import { LifeboatError } from '../error/lifeboat-error.ts';
import type { ByteRange, ListedObject, ObjectStat, ObjectStore } from './object-store.ts';

/** Reads pass; put and delete raise STORE_READ_ONLY and change nothing; there are no abilities. */
export function readOnly(inner: ObjectStore): ObjectStore {
  return {
    location: inner.location,
    facts: inner.facts,
    // each of them can write, or cost money
    abilities: {},
    put: (key: string): Promise<void> => refuse(inner, `write ${key}`),
    get: (key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> =>
      inner.get(key, range, signal),
    stat: (key: string, signal?: AbortSignal): Promise<ObjectStat> => inner.stat(key, signal),
    list: (prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject> => inner.list(prefix, signal),
    delete: (key: string): Promise<void> => refuse(inner, `delete ${key}`),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

async function refuse(inner: ObjectStore, doing: string): Promise<never> {
  throw new LifeboatError(
    'STORE_READ_ONLY',
    `will not ${doing} in ${inner.location}: it is opened for reading`,
    {
      hint: 'Run a command that writes, or leave out the option that asks for reading only.',
    },
  );
}
