/** The replication slot that keeps the log for us on the server. */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { LogHealth } from '../../log-source.ts';
import { parseLsn } from '../wal/lsn.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import { namedRows } from '../wire/read-rows.ts';
import { quoteText } from '../wire/sql-text.ts';

export interface Slot {
  readonly isPhysical: boolean;
  /** Another connection receives by it now. */
  readonly isActive: boolean;
  /** The server keeps the log from here on; absent: it keeps nothing. */
  readonly heldFrom?: bigint;
  readonly state: LogHealth['hold'];
  /** Bytes that may still be written before it is lost; absent: without limit. */
  readonly headroomBytes?: number;
  /** Bytes of the log that are kept by it. */
  readonly keptBytes?: number;
}

const states: readonly string[] = ['reserved', 'extended', 'unreserved', 'lost'];

/** `undefined` when there is none of this name. On a connection for SQL. */
export async function readSlot(
  connection: PostgresConnection,
  name: string,
  signal?: AbortSignal,
): Promise<Slot | undefined> {
  const [row] = await namedRows(
    connection,
    `SELECT slot_type, active, restart_lsn, wal_status, safe_wal_size,
       pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery()
         THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END, restart_lsn) AS kept
     FROM pg_catalog.pg_replication_slots WHERE slot_name = ${quoteText(name)}`,
    signal,
  );
  if (row === undefined) return undefined;
  const heldFrom = parseLsn(row['restart_lsn'] ?? '');
  const headroom = row['safe_wal_size'] ?? null;
  const kept = row['kept'] ?? null;
  return {
    isPhysical: row['slot_type'] === 'physical',
    isActive: row['active'] === 't',
    state: stateOf(row['wal_status'] ?? null, heldFrom),
    ...(heldFrom === undefined ? {} : { heldFrom }),
    ...(headroom === null ? {} : { headroomBytes: Number(headroom) }),
    ...(kept === null ? {} : { keptBytes: Number(kept) }),
  };
}

/** A slot that was never reserved has no state, and one that was lost keeps its name. */
function stateOf(text: string | null, heldFrom: bigint | undefined): LogHealth['hold'] {
  if (heldFrom === undefined && text === null) return 'missing';
  return isState(text) ? text : 'lost';
}

function isState(text: string | null): text is LogHealth['hold'] {
  return text !== null && states.includes(text);
}

/** Raises SOURCE_INVALID for a slot that cannot be ours. */
export function mustBePhysical(slot: Slot, name: string): void {
  if (slot.isPhysical) return;
  throw new LifeboatError('SOURCE_INVALID', `the replication slot ${name} is a logical one`, {
    hint: 'Write another name under slot in the plan; this one belongs to somebody else.',
  });
}
