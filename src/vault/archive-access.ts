/** What must be known and done where objects of a vault lie in an archive class, and no more of its store. */
import type { ArchiveThaw } from '../object-store/abilities.ts';
import type { ListedObject, ObjectStore } from '../object-store/object-store.ts';

export interface ArchiveAccess {
  /** Where the store is, for people. */
  readonly location: string;
  readonly thaw: ArchiveThaw;
  /** The storage class of an object. */
  classOf(key: string, signal?: AbortSignal): Promise<string>;
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject>;
  /** How many requests at once the store is good for. */
  readonly connections: number;
}

/** `undefined` for a store in which nothing is ever cold. */
export function archiveAccess(store: ObjectStore): ArchiveAccess | undefined {
  const { thaw, storageClasses } = store.abilities;
  if (thaw === undefined || storageClasses === undefined) return undefined;
  return {
    location: store.location,
    thaw,
    classOf: (key, signal) => storageClasses.classOf(key, signal),
    list: (prefix, signal) => store.list(prefix, signal),
    connections: store.facts.connections,
  };
}
