import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type {
  CreateOnly,
  ObjectRetention,
  ObjectVersions,
  StorageClasses,
  StoreAbilities,
} from './abilities.ts';
import type { ByteRange, ListedObject, ObjectStat, ObjectStore } from './object-store.ts';

/**
 * Only adds: a put makes an object where none is, nothing is replaced or moved, and nothing but `locks/*` is deleted.
 * For a machine whose credentials allow no more, and against mistakes where they do.
 *
 * - Putting again what is there succeeds; it is read and compared. A name that is made from the content stands for it
 *   only where the content is sealed anew each time, or lies in an archive. Another content, damage included, raises
 *   OBJECT_EXISTS and changes nothing.
 * - Deleting anything but a lock raises STORE_APPEND_ONLY, be it there or not.
 * - Of the abilities stay those that add and read: a retention can be extended and no hold be taken away.
 *
 * A store that cannot create raises STORE_UNFIT with the first put.
 */
export function appendOnly(inner: ObjectStore): ObjectStore {
  return {
    location: inner.location,
    facts: inner.facts,
    abilities: addingAbilities(inner),
    put: (key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> =>
      putOnce(inner, key, bytes, signal, () => creating(inner).create(key, bytes, signal)),
    get: (key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> =>
      inner.get(key, range, signal),
    stat: (key: string, signal?: AbortSignal): Promise<ObjectStat> => inner.stat(key, signal),
    list: (prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject> => inner.list(prefix, signal),
    async delete(key: string, signal?: AbortSignal): Promise<void> {
      if (!isLock(key)) throw onlyAdds(inner, `delete ${key}`);
      await inner.delete(key, signal);
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

async function putOnce(
  inner: ObjectStore,
  key: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
  create: () => Promise<'created' | 'exists'>,
): Promise<void> {
  if ((await create()) === 'created' || (await holds(inner, key, bytes, signal))) return;
  throw new LifeboatError('OBJECT_EXISTS', `${key} is in ${inner.location} already, with another content`, {
    hint: 'This vault is append-only here: nothing is replaced. Use credentials that may, or find out who wrote it.',
    details: { key, location: inner.location },
  });
}

/** The last part is a hash of what is stored. */
const namedByContent = /^(?:data\/[0-9a-f]{2}|index|snapshots|keys|locks)\/[0-9a-f]{64}$/;
/** The last part is a hash of what was sealed: no two seals are the same, but their length is. */
const namedBySealed = /^lifeboat\/evidence\/.*-[0-9a-f]{16}$/;

/** Whether what is there is what was to be put. */
async function holds(
  inner: ObjectStore,
  key: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { size } = await inner.stat(key, signal);
  if (size !== bytes.length) return false;
  const inRepository = key.replace(/^lifeboat\/repositories\/[^/]+\//, '');
  if (namedBySealed.test(inRepository)) return true;
  try {
    return (await inner.get(key, undefined, signal)).equals(bytes);
  } catch (error) {
    // Nobody thaws a pack to learn whether an answer was lost; a check finds what is damaged.
    if (hasCode(error, 'OBJECT_COLD') && namedByContent.test(inRepository)) return true;
    throw error;
  }
}

function isLock(key: string): boolean {
  return /^(?:lifeboat\/repositories\/[^/]+\/)?locks\/[^/]+$/.test(key);
}

function creating(inner: ObjectStore): CreateOnly {
  const { createOnly } = inner.abilities;
  if (createOnly === undefined) throw cannotCreate(inner);
  return createOnly;
}

function cannotCreate({ location }: ObjectStore): LifeboatError {
  return new LifeboatError('STORE_UNFIT', `the store at ${location} cannot create without replacing`, {
    hint: 'Take append-only away from this vault, or use a store with conditional writes.',
    details: { location },
  });
}

function addingAbilities(inner: ObjectStore): StoreAbilities {
  const { createOnly, retention, storageClasses, thaw, versions } = inner.abilities;
  return {
    ...(createOnly && { createOnly }),
    ...(retention && { retention: lengthening(inner, retention) }),
    ...(storageClasses && { storageClasses: addingInto(inner, storageClasses) }),
    ...(thaw && { thaw }),
    ...(versions && { versions: keeping(inner, versions) }),
  };
}

function lengthening(inner: ObjectStore, retention: ObjectRetention): ObjectRetention {
  return {
    retain: (key, untilMs, signal) => retention.retain(key, untilMs, signal),
    retentionOf: (key, signal) => retention.retentionOf(key, signal),
    async setLegalHold(key, held, signal): Promise<void> {
      if (!held) throw onlyAdds(inner, `release ${key}`);
      await retention.setLegalHold(key, held, signal);
    },
  };
}

function addingInto(inner: ObjectStore, classes: StorageClasses): StorageClasses {
  const createInto = classes.createInto?.bind(classes);
  return {
    putInto: (name, key, bytes, signal) =>
      putOnce(inner, key, bytes, signal, async () => {
        if (createInto === undefined) throw cannotCreate(inner);
        return await createInto(name, key, bytes, signal);
      }),
    classOf: (key, signal) => classes.classOf(key, signal),
    async moveTo(name, key): Promise<void> {
      throw onlyAdds(inner, `move ${key} to ${name}`);
    },
    ...(createInto && { createInto }),
  };
}

function keeping(inner: ObjectStore, versions: ObjectVersions): ObjectVersions {
  return {
    listVersions: (prefix, signal) => versions.listVersions(prefix, signal),
    getVersion: (key, versionId, signal) => versions.getVersion(key, versionId, signal),
    async deleteVersion(key): Promise<void> {
      throw onlyAdds(inner, `delete a version of ${key}`);
    },
  };
}

function onlyAdds({ location }: ObjectStore, doing: string): LifeboatError {
  return new LifeboatError('STORE_APPEND_ONLY', `will not ${doing}: ${location} is append-only here`, {
    hint: 'Run this with the credentials and the plan of the machine that keeps this vault.',
    details: { location },
  });
}
