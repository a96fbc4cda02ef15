/**
 * Deletes snapshots, under an exclusive lock as restic does. What they needed stays until a prune. Each deletion is
 * whole by itself: cut off in the middle, the snapshots left are whole, and the same call again takes the rest.
 */
import { forEachLimited } from '../for-each-limited.ts';
import { objectKey } from '../layout.ts';
import { yieldPollMs } from '../lock/with-lock.ts';
import type { Session } from '../session.ts';
import { withExclusive } from './with-exclusive.ts';

/** Writers of ours look for requests once a poll and then need to put what they have into packs. */
const pollsToWait = 3;

/** Raises VAULT_LOCKED, OBJECT_RETAINED, STORE_APPEND_ONLY. A snapshot that is not there is no error. */
export async function forgetSnapshots(
  session: Session,
  snapshotIds: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  if (snapshotIds.length === 0) return;
  const { access, lockTiming } = session;
  const waitMs = pollsToWait * yieldPollMs(lockTiming);
  await withExclusive(session, { marks: [], waitMs, signal }, async (held) => {
    await forEachLimited(new Set(snapshotIds), access.store.facts.connections, (id) =>
      access.store.delete(objectKey('snapshot', id), held),
    );
  });
}
