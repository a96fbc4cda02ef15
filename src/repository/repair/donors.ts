/** Other repositories that hold the same blobs under keys of their own. Every blob is proven by its id. */
import { hasCode, type LifeboatError } from '../../error/lifeboat-error.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import { objectKey } from '../layout.ts';
import { openBlob } from '../read/open-blob.ts';
import type { BlobName } from '../repair-types.ts';
import type { Session } from '../session.ts';
import { anatomyOf, unlessDamaged } from './anatomy.ts';
import { indexWithout } from './repair-packs.ts';

export interface Donors {
  has(blob: BlobName): boolean;
  /** `undefined` when no donor can give it. */
  fetch(blob: BlobName, signal?: AbortSignal): Promise<Buffer | undefined>;
  /** Blobs given, by the donor's location. */
  readonly given: ReadonlyMap<string, number>;
  /** In the order in which they lie in the packs of the first donor that has them. */
  inPackOrder(blobs: readonly BlobName[]): BlobName[];
}

/** A donor may be damaged itself: what it cannot give is asked of the next. */
export async function openDonors(sessions: readonly Session[], signal?: AbortSignal): Promise<Donors> {
  const donors: { readonly session: Session; readonly index: BlobIndex }[] = [];
  for (const session of sessions) {
    const anatomy = await anatomyOf(session.access, signal);
    donors.push({ session, index: indexWithout(anatomy, new Set()) });
  }
  const given = new Map<string, number>();

  async function fetchFrom(at: number, { type, id }: BlobName, signal?: AbortSignal) {
    const { session, index } = donors[at] ?? {};
    if (!session || !index) return undefined;
    const { store, key, version: _version } = session.access;
    for (const place of index.findAll(type, id)) {
      const bytes = await unlessDamaged(async () => {
        const sealed = await store.get(objectKey('pack', place.packId), place, signal);
        return openBlob(key, sealed, { type, id, ...place });
      });
      if (bytes) return bytes;
    }
    return undefined;
  }

  return {
    given,
    has: ({ type, id }) => donors.some(({ index }) => index.has(type, id)),
    async fetch(blob, fetchSignal) {
      let cold: LifeboatError | undefined;
      for (const [at, { session }] of donors.entries()) {
        const bytes = await fetchFrom(at, blob, fetchSignal).catch((error: unknown) => {
          if (!hasCode(error, 'OBJECT_COLD')) throw error;
          cold = error;
          return undefined;
        });
        if (!bytes) continue;
        const { location } = session.access.store;
        given.set(location, (given.get(location) ?? 0) + 1);
        return bytes;
      }
      // a donor has it, and would give it when it is thawed: that is no loss
      if (cold !== undefined) throw cold;
      return undefined;
    },
    inPackOrder(blobs) {
      const placeOf = ({ type, id }: BlobName): string => {
        const place = donors.map(({ index }) => index.find(type, id)).find((each) => each !== undefined);
        return place ? `${place.packId} ${String(place.offset).padStart(12, '0')}` : '';
      };
      const keyed = blobs.map((blob) => ({ blob, place: placeOf(blob) }));
      return keyed.sort((a, b) => (a.place < b.place ? -1 : 1)).map(({ blob }) => blob);
    },
  };
}
