/** How the log is kept for us on the server, and whether commits wait. */
import type { LogHealth } from '../../log-source.ts';
import type { SourceFinding } from '../../source.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import { oneRow } from '../wire/read-rows.ts';
import { quoteName, quoteText } from '../wire/sql-text.ts';
import { commitSetting } from './commit-setting.ts';
import { standbyNames } from './set-waiting.ts';
import { readSlot, type Slot } from './slots.ts';
import { waitsFor } from './standby-names.ts';

/** Less than so many bytes of headroom are too few to wait for the next look. */
const headroomBytesMin = 256 * 1024 * 1024;

/** More than a vault that is away for a while costs a busy server. */
const keptBytesMax = 10 * 1024 ** 3;

export async function logHealth(
  connection: PostgresConnection,
  slotName: string,
  ours: readonly string[],
  signal?: AbortSignal,
): Promise<LogHealth> {
  const slot = await readSlot(connection, slotName, signal);
  const isNamed = waitsFor(await standbyNames(connection, signal), ours);
  const commits = isNamed ? await commitSetting(connection, signal) : undefined;
  const isWaiting = isNamed && commits?.waits === true;
  const sessions = await oneRow(
    connection,
    `SELECT count(*) AS waiting,
       coalesce(max(extract(epoch FROM pg_catalog.clock_timestamp() - state_change) * 1000), 0)::bigint AS longest,
       pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'usage') AS sees_all
     FROM pg_catalog.pg_stat_activity WHERE wait_event = 'SyncRep'`,
    signal,
  );
  const seesAll = sessions['sees_all'] === 't';
  return {
    hold: slot?.state ?? 'missing',
    ...(slot?.heldFrom === undefined ? {} : { heldFrom: slot.heldFrom }),
    ...(slot?.headroomBytes === undefined ? {} : { headroomBytes: slot.headroomBytes }),
    ...(slot?.keptBytes === undefined ? {} : { keptBytes: slot.keptBytes }),
    isWaiting,
    waitingSessions: Number(sessions['waiting']),
    longestWaitMs: Number(sessions['longest']),
    findings: [
      ...slotFindings(slot, slotName),
      ...(commits?.findings ?? []),
      ...(seesAll || !isWaiting ? [] : [cannotSee(connection.address.user)]),
    ],
  };
}

export function slotFindings(slot: Slot | undefined, name: string): readonly SourceFinding[] {
  if (slot === undefined || slot.state === 'missing') {
    return [
      {
        severity: 'error',
        message: `no replication slot ${name} keeps the log on the server`,
        hint: `Let lifeboat up run, which makes it, or make it now with SELECT pg_create_physical_replication_slot(${quoteText(name)}, true); on the server.`,
      },
    ];
  }
  if (slot.state === 'lost') {
    return [
      {
        severity: 'error',
        message: `the replication slot ${name} is lost: the server deleted log that had not left yet`,
        hint: `Take a new base backup, and raise max_slot_wal_keep_size. If the slot is still there, SELECT pg_drop_replication_slot(${quoteText(name)}); drops it.`,
      },
    ];
  }
  const kept = slot.keptBytes ?? 0;
  if (slot.headroomBytes === undefined && kept > keptBytesMax) {
    const gibibytes = Math.floor(kept / 1024 ** 3);
    return [
      {
        severity: 'warning',
        message: `the server keeps ${gibibytes} GiB of log for the replication slot ${name}, and nothing limits it: its disk may fill`,
        hint: 'Find out why the log does not leave (lifeboat log status). max_slot_wal_keep_size would limit it, at the price of a gap.',
      },
    ];
  }
  const isTight = slot.headroomBytes !== undefined && slot.headroomBytes < headroomBytesMin;
  if (slot.state !== 'unreserved' && !isTight) return [];
  return [
    {
      severity: 'warning',
      message: `the replication slot ${name} will be lost after ${Math.max(0, slot.headroomBytes ?? 0)} more bytes of log`,
      hint: 'Find out why the log does not leave (lifeboat status), or raise max_slot_wal_keep_size now.',
    },
  ];
}

function cannotSee(user: string): SourceFinding {
  return {
    severity: 'warning',
    message: 'this role does not see which sessions wait',
    hint: `Run GRANT pg_monitor TO ${quoteName(user)}; as a superuser.`,
  };
}
