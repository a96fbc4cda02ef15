import { hasCode } from '../error/lifeboat-error.ts';
import type { LogAccess } from './log-access.ts';

export interface Deleting {
  deleted: number;
  bytes: number;
  kept: number;
  /** The store deletes nothing for us: it is not asked again. */
  isRefused: boolean;
}

export function newDeleting(isRefused = false): Deleting {
  return { deleted: 0, bytes: 0, kept: 0, isRefused };
}

/** What the store keeps is counted and stays. */
export async function deletePieces(
  { store }: LogAccess,
  pieces: readonly { readonly key: string; readonly size: number }[],
  deleting: Deleting,
  signal?: AbortSignal,
): Promise<void> {
  for (const { key, size } of pieces) {
    if (!deleting.isRefused) {
      try {
        await store.delete(key, signal);
        deleting.deleted++;
        deleting.bytes += size;
        continue;
      } catch (error) {
        if (!hasCode(error, 'STORE_APPEND_ONLY', 'STORE_DENIED', 'OBJECT_RETAINED')) throw error;
        deleting.isRefused = !hasCode(error, 'OBJECT_RETAINED');
      }
    }
    deleting.kept++;
  }
}
