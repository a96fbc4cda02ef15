import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { ByteRange, ListedObject, ObjectStat, ObjectStore } from './object-store.ts';

export interface WantedAhead {
  readonly objects: readonly string[];
  /** Prefixes to list, and to read the first objects of. */
  readonly prefixes: readonly string[];
}

export interface ReadAheadStore extends ObjectStore {
  /**
   * From now on every request is made when it is asked for, as if there were no wrapper. What nobody asked for until
   * then is given up.
   */
  readonly endReadingAhead: () => void;
}

const objectsPerPrefix = 2;

/**
 * Asks for what is sure to be wanted at once, and not one after the other. The first list of each prefix and the first
 * get of each object are answered with that, and what failed raises then; a stat of such an object tells its size alone.
 */
export function withReadAhead(
  inner: ObjectStore,
  { objects, prefixes }: WantedAhead,
  signal?: AbortSignal,
): ReadAheadStore {
  const ended = new AbortController();
  const either = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  const bodies = new Map<string, Promise<Buffer>>();
  const lists = new Map<string, Promise<readonly ListedObject[]>>();
  const read = (key: string): void => void bodies.set(key, later(inner.get(key, undefined, either)));
  const listed = async (prefix: string): Promise<readonly ListedObject[]> => {
    const found = await Array.fromAsync(inner.list(prefix, either));
    if (lists.has(prefix)) for (const { key } of found.slice(0, objectsPerPrefix)) read(key);
    return found;
  };
  for (const key of objects) read(key);
  for (const prefix of prefixes) {
    const list = Promise.withResolvers<readonly ListedObject[]>();
    lists.set(prefix, later(list.promise));
    listed(prefix).then(list.resolve, list.reject);
  }
  return {
    ...inner,
    async get(key: string, range?: ByteRange, getSignal?: AbortSignal): Promise<Buffer> {
      const body = range === undefined ? bodies.get(key) : undefined;
      if (body !== undefined) bodies.delete(key);
      return await (body ?? inner.get(key, range, getSignal));
    },
    async stat(key: string, statSignal?: AbortSignal): Promise<ObjectStat> {
      const body = bodies.get(key);
      return (body && (await sizeOf(body))) ?? (await inner.stat(key, statSignal));
    },
    async *list(prefix: string, listSignal?: AbortSignal): AsyncGenerator<ListedObject> {
      const list = lists.get(prefix);
      lists.delete(prefix);
      if (list === undefined) yield* inner.list(prefix, listSignal);
      else yield* await list;
    },
    endReadingAhead() {
      bodies.clear();
      lists.clear();
      ended.abort(new LifeboatError('INTERRUPTED', 'what was read ahead is no longer wanted'));
    },
  };
}

/** Whoever wants it meets the failure; until then it must not count as unhandled. */
function later<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** Absent: of what cannot be read as it is, the size may still be seen. */
async function sizeOf(body: Promise<Buffer>): Promise<ObjectStat | undefined> {
  try {
    return { size: (await body).length };
  } catch (error) {
    if (hasCode(error, 'OBJECT_COLD', 'OBJECT_DAMAGED')) return undefined;
    throw error;
  }
}
