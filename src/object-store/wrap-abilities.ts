import type { StoreAbilities } from './abilities.ts';

/** What a wrapper does around one call of an ability; `act` may be called again, as a retry does. */
export type Around = <T>(
  signal: AbortSignal | undefined,
  act: () => Promise<T>,
  call: AbilityCall,
) => Promise<T>;

/** To which request of the port the call comes nearest, as stores count them and people pay for them. */
export interface AbilityCall {
  readonly operation: 'put' | 'get' | 'stat' | 'delete';
  readonly key: string;
  /** What is carried to the store. */
  readonly bytes?: Uint8Array;
}

/** Around a list of versions; without it lists pass as they are. */
export type AroundList = <T>(prefix: string, list: () => AsyncIterable<T>) => AsyncIterable<T>;

const asItIs: AroundList = (_prefix, list) => list();

/** The same abilities with `around` about every call. */
export function wrapAbilities(
  inner: StoreAbilities,
  around: Around,
  aroundList: AroundList = asItIs,
): StoreAbilities {
  return {
    ...wrapCreateOnly(inner, around),
    ...wrapRetention(inner, around),
    ...wrapStorageClasses(inner, around),
    ...wrapThaw(inner, around),
    ...wrapVersions(inner, around, aroundList),
  };
}

type Wrapped<Name extends keyof StoreAbilities> = Pick<StoreAbilities, Name> | undefined;

function wrapCreateOnly({ createOnly }: StoreAbilities, around: Around): Wrapped<'createOnly'> {
  if (createOnly === undefined) return undefined;
  return {
    createOnly: {
      create: (key, bytes, signal) =>
        around(signal, () => createOnly.create(key, bytes, signal), { operation: 'put', key, bytes }),
    },
  };
}

function wrapRetention({ retention }: StoreAbilities, around: Around): Wrapped<'retention'> {
  if (retention === undefined) return undefined;
  const write = (key: string): AbilityCall => ({ operation: 'put', key });
  return {
    retention: {
      retain: (key, untilMs, signal) =>
        around(signal, () => retention.retain(key, untilMs, signal), write(key)),
      retentionOf: (key, signal) =>
        around(signal, () => retention.retentionOf(key, signal), { operation: 'stat', key }),
      setLegalHold: (key, held, signal) =>
        around(signal, () => retention.setLegalHold(key, held, signal), write(key)),
    },
  };
}

function wrapStorageClasses({ storageClasses }: StoreAbilities, around: Around): Wrapped<'storageClasses'> {
  if (storageClasses === undefined) return undefined;
  const classes = storageClasses;
  const createInto = classes.createInto?.bind(classes);
  const write = (key: string, bytes: Uint8Array): AbilityCall => ({ operation: 'put', key, bytes });
  return {
    storageClasses: {
      putInto: (name, key, bytes, signal) =>
        around(signal, () => classes.putInto(name, key, bytes, signal), write(key, bytes)),
      classOf: (key, signal) =>
        around(signal, () => classes.classOf(key, signal), { operation: 'stat', key }),
      moveTo: (name, key, signal) =>
        around(signal, () => classes.moveTo(name, key, signal), { operation: 'put', key }),
      ...(createInto && {
        createInto: (name, key, bytes, signal) =>
          around(signal, () => createInto(name, key, bytes, signal), write(key, bytes)),
      }),
    },
  };
}

function wrapThaw({ thaw }: StoreAbilities, around: Around): Wrapped<'thaw'> {
  if (thaw === undefined) return undefined;
  return {
    thaw: {
      stateOf: (key, signal) => around(signal, () => thaw.stateOf(key, signal), { operation: 'stat', key }),
      thaw: (key, speed, days, signal) =>
        around(signal, () => thaw.thaw(key, speed, days, signal), { operation: 'put', key }),
      usualMs: (storageClass, speed) => thaw.usualMs(storageClass, speed),
    },
  };
}

function wrapVersions(
  { versions }: StoreAbilities,
  around: Around,
  aroundList: AroundList,
): Wrapped<'versions'> {
  if (versions === undefined) return undefined;
  return {
    versions: {
      listVersions: (prefix, signal) => aroundList(prefix, () => versions.listVersions(prefix, signal)),
      deleteVersion: (key, id, signal) =>
        around(signal, () => versions.deleteVersion(key, id, signal), { operation: 'delete', key }),
      getVersion: (key, id, signal) =>
        around(signal, () => versions.getVersion(key, id, signal), { operation: 'get', key }),
    },
  };
}
