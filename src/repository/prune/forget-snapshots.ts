/**
 * Deletes snapshots, under an exclusive lock as restic does. What they needed stays until a prune. Each deletion is
 * whole by itself: cut off in the middle, the snapshots left are whole, and the same call again takes the rest.
 */
import { hasCode } from '../../error/lifeboat-error.ts';
import { forEachLimited } from '../for-each-limited.ts';
import { objectKey } from '../layout.ts';
import { yieldPollMs } from '../lock/with-lock.ts';
import type { ForgetConfirmation } from '../repository-types.ts';
import type { Session } from '../session.ts';
import { withExclusive } from './with-exclusive.ts';

/** Writers of ours look for requests once a poll and then need to put what they have into packs. */
const pollsToWait = 3;

/**
 * Raises VAULT_LOCKED, STORE_APPEND_ONLY, and OBJECT_RETAINED when all the others are gone. A snapshot that is not
 * there is no error.
 */
export async function forgetSnapshots(
  session: Session,
  snapshotIds: readonly string[],
  signal?: AbortSignal,
  confirm: ForgetConfirmation = async () => snapshotIds,
): Promise<void> {
  if (snapshotIds.length === 0) return;
  const { access, lockTiming } = session;
  const waitMs = pollsToWait * yieldPollMs(lockTiming);
  await withExclusive(session, { marks: [], waitMs, signal }, async (held) => {
    const retained: unknown[] = [];
    const going = new Set(await confirm(held));
    await forEachLimited(going, access.store.facts.connections, async (id) => {
      await access.store.delete(objectKey('snapshot', id), held).catch((error: unknown) => {
        if (!hasCode(error, 'OBJECT_RETAINED')) throw error;
        retained.push(error);
      });
    });
    if (retained.length > 0) throw retained[0];
  });
}
