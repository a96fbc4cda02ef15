/**
 * When the state that a backup ends with was current. The server tells where it ended, not when; so while it runs the
 * clock is noted with where the log stands. What was committed before the newest note at or before the end is inside.
 */
import { every } from '../../../platform/timers.ts';
import { parseLsn } from '../wal/lsn.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import { oneRow } from '../wire/read-rows.ts';

export interface CapturedTime extends AsyncDisposable {
  /** Milliseconds since the epoch. */
  at(end: bigint): number;
}

interface Note {
  readonly lsn: bigint;
  readonly atMs: number;
}

const everyMs = 2000;
/** More than a backup takes in which the server is that far ahead of us; the first is kept besides. */
const notesMax = 5000;

/**
 * A standby knows only the clock of what it has replayed: commits, and checkpoints where nothing was committed. Takes the
 * connection over.
 */
export async function noteTimes(connection: PostgresConnection, nowMs: () => number): Promise<CapturedTime> {
  const first = await takeNote(connection, nowMs);
  const notes: Note[] = [];
  const repetition = every(everyMs, async () => {
    try {
      notes.push(await takeNote(connection, nowMs));
      if (notes.length > notesMax) notes.shift();
    } catch {
      // The older note is right as well, only less near; and the backup itself says when the server is gone.
      repetition[Symbol.dispose]();
    }
  });
  return {
    at: (end) => (notes.findLast(({ lsn }) => lsn <= end) ?? first).atMs,
    async [Symbol.asyncDispose]() {
      repetition[Symbol.dispose]();
      await connection[Symbol.asyncDispose]();
      await repetition[Symbol.asyncDispose]();
    },
  };
}

async function takeNote(connection: PostgresConnection, nowMs: () => number): Promise<Note> {
  const atMs = nowMs();
  const row = await oneRow(
    connection,
    `SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
         ELSE pg_catalog.pg_current_wal_insert_lsn() END AS lsn,
       CASE WHEN pg_catalog.pg_is_in_recovery() THEN floor(extract(epoch FROM greatest(
         pg_catalog.pg_last_xact_replay_timestamp(),
         (SELECT checkpoint_time FROM pg_catalog.pg_control_checkpoint()))) * 1000)::bigint END AS replayed`,
  );
  const replayed = row['replayed'] ?? null;
  return {
    lsn: parseLsn(row['lsn'] ?? '') ?? 0n,
    atMs: replayed === null ? atMs : Math.min(atMs, Number(replayed)),
  };
}
