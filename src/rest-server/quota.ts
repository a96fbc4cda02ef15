/** How much all repositories together may take. Counted once at the start, then as objects come and go here. */
import type { ObjectStore } from '../object-store/object-store.ts';

export interface Quota {
  /** False: that would be too much, and nothing is reserved. Less than nothing always fits. */
  reserve(bytes: number): boolean;
  release(bytes: number): void;
}

export async function openQuota(store: ObjectStore, bytesMax: number, signal?: AbortSignal): Promise<Quota> {
  let used = 0;
  for await (const { size } of store.list('', signal)) used += size;
  return {
    reserve(bytes) {
      if (bytes > 0 && used + bytes > bytesMax) return false;
      used += bytes;
      return true;
    },
    release(bytes) {
      used -= bytes;
    },
  };
}
