import { hasCode } from '../error/lifeboat-error.ts';
import type { SealedObjects } from '../repository/repository-types.ts';
import { spareKey } from '../repository/spare-key.ts';

/**
 * Writes a small object, and then its second copy: a copy without an original means that the original was lost. Where
 * nothing can be replaced, what is there already under a name that says what it holds is the same.
 */
export async function putBoth(
  sealed: SealedObjects,
  key: string,
  bytes: Buffer,
  signal?: AbortSignal,
): Promise<void> {
  for (const place of [key, spareKey(key)]) {
    try {
      await sealed.put(place, bytes, signal);
    } catch (error) {
      if (!hasCode(error, 'OBJECT_EXISTS')) throw error;
    }
  }
}
