/** Makes a database complete in itself, so that taking its log away loses nothing. */
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { openSqliteThread } from './sqlite-thread.ts';

/** Nobody else should have it open by now. */
const busyTimeoutMs = 1000;

/**
 * Raises RESTORE_REFUSED when another connection holds the database, even an idle one in WAL mode. A database that
 * SQLite cannot open is left as it is: nothing more can be lost of it.
 */
export async function settleDatabase(path: string): Promise<void> {
  try {
    await using thread = await openSqliteThread({ path, access: 'write', busyTimeoutMs });
    // In exclusive mode a database in WAL mode cannot be opened beside any other connection.
    await thread.ask('execute', { sql: 'PRAGMA locking_mode=EXCLUSIVE' });
    await thread.ask('execute', { sql: 'BEGIN EXCLUSIVE; COMMIT' });
    await thread.ask('rows', { sql: 'PRAGMA wal_checkpoint(TRUNCATE)', rowsMax: 1 });
  } catch (error) {
    if (hasCode(error, 'SOURCE_DAMAGED', 'SOURCE_INVALID')) return;
    if (!hasCode(error, 'SOURCE_LOCKED')) throw error;
    throw new LifeboatError('RESTORE_REFUSED', `database ${path} is in use by another process`, {
      hint: 'Stop the application, then restore again.',
      cause: error,
    });
  }
}
