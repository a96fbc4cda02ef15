/**
 * Which objects a prune would delete before the time that their class of storage is billed for anyway. What a rule of
 * the store moved into its class later than it was written counts from then, which no store tells: it is named less
 * often than it happens.
 */
import { hasCode } from '../../error/lifeboat-error.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { minimumDaysOf } from '../../plan/storage-class.ts';
import { forEachLimited } from '../for-each-limited.ts';

/** Of one class. */
export interface EarlyDeletion {
  readonly storageClass: string;
  /** For so many days an object is billed at least. */
  readonly minimumDays: number;
  readonly packs: number;
  /** Of whole objects, also where a part of them is written anew. */
  readonly bytes: number;
  /** Each object times the part of its minimum that is left when it goes, in days. */
  readonly byteDays: number;
}

interface Leaving {
  readonly key: string;
  /** When it would go: milliseconds since the epoch. */
  readonly atMs: number;
}

const dayMs = 86_400_000;

/** By class; empty for a store that has none, or that does not tell when an object was written. */
export async function earlyDeletions(
  store: ObjectStore,
  leaving: readonly Leaving[],
  signal?: AbortSignal,
): Promise<readonly EarlyDeletion[]> {
  const classes = store.abilities.storageClasses;
  if (classes === undefined) return [];
  const found = new Map<string, EarlyDeletion>();
  await forEachLimited(leaving, store.facts.connections, async ({ key, atMs }) => {
    try {
      const storageClass = await classes.classOf(key, signal);
      const minimumDays = minimumDaysOf(storageClass);
      if (minimumDays === undefined) return;
      const { size, modifiedMs } = await store.stat(key, signal);
      const leftMs = (modifiedMs ?? Number.NEGATIVE_INFINITY) + minimumDays * dayMs - atMs;
      if (leftMs <= 0) return;
      const known = found.get(storageClass) ?? { packs: 0, bytes: 0, byteDays: 0 };
      found.set(storageClass, {
        storageClass,
        minimumDays,
        packs: known.packs + 1,
        bytes: known.bytes + size,
        byteDays: known.byteDays + (size * leftMs) / dayMs,
      });
    } catch (error) {
      // gone already, by another prune
      if (!hasCode(error, 'OBJECT_MISSING')) throw error;
    }
  });
  return [...found.values()].sort((a, b) => (a.storageClass < b.storageClass ? -1 : 1));
}
