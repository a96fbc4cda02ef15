import type { StoreAbilities } from './abilities.ts';

/** What a wrapper does around one call of an ability. */
export type Around = <T>(signal: AbortSignal | undefined, act: () => Promise<T>) => Promise<T>;

/** The same abilities with `around` about every call; lists of versions pass as they are. */
export function wrapAbilities(inner: StoreAbilities, around: Around): StoreAbilities {
  return {
    ...wrapCreateOnly(inner, around),
    ...wrapRetention(inner, around),
    ...wrapStorageClasses(inner, around),
    ...wrapThaw(inner, around),
    ...wrapVersions(inner, around),
  };
}

type Wrapped<Name extends keyof StoreAbilities> = Pick<StoreAbilities, Name> | undefined;

function wrapCreateOnly({ createOnly }: StoreAbilities, around: Around): Wrapped<'createOnly'> {
  if (createOnly === undefined) return undefined;
  return {
    createOnly: {
      create: (key, bytes, signal) => around(signal, () => createOnly.create(key, bytes, signal)),
    },
  };
}

function wrapRetention({ retention }: StoreAbilities, around: Around): Wrapped<'retention'> {
  if (retention === undefined) return undefined;
  return {
    retention: {
      retain: (key, untilMs, signal) => around(signal, () => retention.retain(key, untilMs, signal)),
      retentionOf: (key, signal) => around(signal, () => retention.retentionOf(key, signal)),
      setLegalHold: (key, held, signal) => around(signal, () => retention.setLegalHold(key, held, signal)),
    },
  };
}

function wrapStorageClasses({ storageClasses }: StoreAbilities, around: Around): Wrapped<'storageClasses'> {
  if (storageClasses === undefined) return undefined;
  const classes = storageClasses;
  const createInto = classes.createInto?.bind(classes);
  return {
    storageClasses: {
      putInto: (name, key, bytes, signal) => around(signal, () => classes.putInto(name, key, bytes, signal)),
      classOf: (key, signal) => around(signal, () => classes.classOf(key, signal)),
      moveTo: (name, key, signal) => around(signal, () => classes.moveTo(name, key, signal)),
      ...(createInto && {
        createInto: (name, key, bytes, signal) => around(signal, () => createInto(name, key, bytes, signal)),
      }),
    },
  };
}

function wrapThaw({ thaw }: StoreAbilities, around: Around): Wrapped<'thaw'> {
  if (thaw === undefined) return undefined;
  return {
    thaw: {
      stateOf: (key, signal) => around(signal, () => thaw.stateOf(key, signal)),
      thaw: (key, speed, days, signal) => around(signal, () => thaw.thaw(key, speed, days, signal)),
      usualMs: (storageClass, speed) => thaw.usualMs(storageClass, speed),
    },
  };
}

function wrapVersions({ versions }: StoreAbilities, around: Around): Wrapped<'versions'> {
  if (versions === undefined) return undefined;
  return {
    versions: {
      listVersions: (prefix, signal) => versions.listVersions(prefix, signal),
      deleteVersion: (key, id, signal) => around(signal, () => versions.deleteVersion(key, id, signal)),
      getVersion: (key, id, signal) => around(signal, () => versions.getVersion(key, id, signal)),
    },
  };
}
