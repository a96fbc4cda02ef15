/**
 * Brings back what was deleted or covered. Where one content lies under the marks of its deletion, the marks are taken
 * away: nothing is sent, and the object keeps its class and its retention. Else, and where the credentials may delete no
 * version, the right content is read and put again.
 */
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { type DeletedObject, isNamedByContent } from './deleted-objects.ts';
import { versionsOf } from './versions-of.ts';

export type BroughtBack =
  | { readonly object: DeletedObject; readonly how: 'uncovered' | 'put-again' }
  | { readonly object: DeletedObject; readonly how: 'failed'; readonly error: LifeboatError };

/** What fails for one object is in its end; raised are interruptions and faults of the program. */
export async function bringBack(
  store: ObjectStore,
  object: DeletedObject,
  signal?: AbortSignal,
): Promise<BroughtBack> {
  try {
    const isUncovered = await uncover(store, object, signal);
    if (!isUncovered) await putAgain(store, object, signal);
    return { object, how: isUncovered ? 'uncovered' : 'put-again' };
  } catch (error) {
    if (signal?.aborted || !(error instanceof LifeboatError)) throw error;
    return { object, how: 'failed', error };
  }
}

const notAllowed = ['STORE_DENIED', 'STORE_APPEND_ONLY', 'OBJECT_RETAINED'] as const;

/** Of several contents the newest may be the wrong one, which only reading tells. */
async function uncover(
  store: ObjectStore,
  { key, kind, marks, contents }: DeletedObject,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (kind === 'covered' || marks.length === 0 || contents.length > 1) return false;
  try {
    for (const versionId of marks) await versionsOf(store).deleteVersion(key, versionId, signal);
    return true;
  } catch (error) {
    if (hasCode(error, ...notAllowed)) return false;
    throw error;
  }
}

async function putAgain(
  store: ObjectStore,
  { key, contents }: DeletedObject,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const versionId of contents) {
    const bytes = await versionsOf(store).getVersion(key, versionId, signal);
    if (isNamedByContent(key, bytes)) return await store.put(key, bytes, signal);
  }
  throw new LifeboatError(
    'OBJECT_DAMAGED',
    `no version of ${key} in ${store.location} is what its name says`,
    {
      hint: 'Let another vault heal this one with `lifeboat repair heal`.',
      details: { key, location: store.location },
    },
  );
}
