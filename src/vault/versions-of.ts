import { LifeboatError } from '../error/lifeboat-error.ts';
import type { ObjectVersions } from '../object-store/abilities.ts';
import type { ObjectStore } from '../object-store/object-store.ts';

/** @throws STORE_UNFIT where the store keeps no versions. */
export function versionsOf({ abilities, location }: ObjectStore): ObjectVersions {
  if (abilities.versions !== undefined) return abilities.versions;
  throw new LifeboatError('STORE_UNFIT', `${location} keeps no earlier versions of what was deleted`, {
    hint: 'Restore from another vault, and let it heal this one with `lifeboat repair heal`.',
  });
}
