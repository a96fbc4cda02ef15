import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { objectKey } from '../layout.ts';

/**
 * Before anything is written that would have to be deleted again. Asked with a name that is nobody's: credentials that
 * may only add refuse it, others do nothing. Raises STORE_APPEND_ONLY.
 */
export async function refuseAppendOnly(store: ObjectStore, signal?: AbortSignal): Promise<void> {
  try {
    await store.delete(objectKey('index', '0'.repeat(64)), signal);
  } catch (cause) {
    if (!hasCode(cause, 'STORE_APPEND_ONLY', 'STORE_DENIED')) throw cause;
    throw new LifeboatError(
      'STORE_APPEND_ONLY',
      `the vault ${store.location} is only added to with these credentials`,
      {
        hint: 'Do this where the credentials that may delete are kept, apart from the host that backs up.',
        cause,
      },
    );
  }
}
