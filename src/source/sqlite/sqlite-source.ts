/** Captures one SQLite database, live, as its pages in order. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { Capture, Source } from '../source.ts';
import { captureRollback } from './capture-rollback.ts';
import { captureWal } from './capture-wal.ts';
import { findDatabase } from './locate-database.ts';
import { checkPrerequisites } from './sqlite-preflight.ts';
import type { SqliteSettings, SqliteSourceOptions } from './sqlite-settings.ts';

const defaults = { maxWriterPauseMs: 5000, busyTimeoutMs: 5000, countTables: [], queries: {} } as const;

/**
 * A transactionally consistent copy of a database that other processes may write meanwhile. In WAL mode writers are
 * never held up; in rollback mode they wait while the file is copied once, at most `maxWriterPauseMs`. Values are
 * `pages`, `schemaVersion`, `userVersion`, `rows:<table>` and `query:<name>`.
 *
 * `capture` raises SOURCE_MISSING, SOURCE_DENIED, SOURCE_INVALID (not a database), SOURCE_DAMAGED, SOURCE_LOCKED,
 * SOURCE_PAUSE_EXCEEDED, and DISK_FULL or PERMISSION_DENIED for the work folder. An empty file is an empty database to SQLite and is captured as such.
 */
export function createSqliteSource(options: SqliteSourceOptions): Source {
  const settings: SqliteSettings = { ...defaults, ...options };
  return {
    description: `SQLite database ${settings.path}`,
    preflight: async (signal) => {
      signal?.throwIfAborted();
      return checkPrerequisites(settings.path);
    },
    capture: (signal) => capture(settings, signal),
  };
}

/** The journal mode or the file itself may change between the look at the file and the transaction. */
const attemptsMax = 3;

async function capture(settings: SqliteSettings, signal?: AbortSignal): Promise<Capture> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    signal?.throwIfAborted();
    const located = findDatabase(settings.path);
    const begin = located.journal === 'wal' ? captureWal : captureRollback;
    const started = await begin(located, settings, signal);
    if (started !== 'changed') return started;
  }
  throw new LifeboatError(
    'SOURCE_LOCKED',
    `database ${settings.path} keeps being replaced or changing its journal mode`,
    {
      hint: 'Find out what replaces the file, and let the application set journal_mode=WAL once and leave it so.',
      retryable: true,
    },
  );
}
