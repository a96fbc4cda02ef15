/** What must be so on a server before it can be captured or its log be streamed, each finding with what mends it. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { SourceFinding } from '../source.ts';
import { identifySystem } from './replication/commands.ts';
import { slotFindings } from './replication/log-health.ts';
import { mustBePhysical, readSlot } from './replication/slots.ts';
import { describeAddress, type PostgresAddress } from './wire/address.ts';
import { connectPostgres, type PostgresConnection } from './wire/connection.ts';
import { type NamedRow, namedRows, oneRow } from './wire/read-rows.ts';
import { quoteName } from './wire/sql-text.ts';

export interface ServerCheck {
  readonly address: PostgresAddress;
  readonly purpose: 'base' | 'log';
  /** Of the log; absent: nothing keeps the log for us. */
  readonly slot?: string;
  /** The plan says that it is one. */
  readonly isStandby?: boolean;
  /** System identifier that earlier captures of this system had. */
  readonly expectedSystemId?: string;
}

/** An empty list means that it can begin. What cannot be found out is a finding as well. */
export async function checkServer(
  check: ServerCheck,
  signal?: AbortSignal,
): Promise<readonly SourceFinding[]> {
  const bySql = await findingsOf(signal, () => checkBySql(check, signal));
  // Without its roles and settings a server refuses what comes next, for the reason that was found.
  if (bySql.some(({ severity }) => severity === 'error')) return bySql;
  return [...bySql, ...(await findingsOf(signal, () => checkReplication(check, signal)))];
}

async function findingsOf(
  signal: AbortSignal | undefined,
  look: () => Promise<readonly SourceFinding[]>,
): Promise<readonly SourceFinding[]> {
  try {
    return await look();
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof LifeboatError) || error.code === 'ASSERTION') throw error;
    return [finding('error', error.message, error.hint ?? 'Look into the log of the server.')];
  }
}

async function checkBySql(check: ServerCheck, signal?: AbortSignal): Promise<readonly SourceFinding[]> {
  await using connection = await connectPostgres(check.address, { applicationName: 'lifeboat', signal });
  const facts = await oneRow(connection, factsSql, signal);
  const slots = await namedRows(
    connection,
    'SELECT slot_name, active FROM pg_catalog.pg_replication_slots ORDER BY slot_name',
    signal,
  );
  return [
    ...roleFindings(check, facts),
    ...settingFindings(facts),
    ...recoveryFindings(check, facts),
    ...(await keptFindings(check, { connection, facts, slots }, signal)),
  ];
}

const setting = (name: string): string => `pg_catalog.current_setting('${name}') AS ${name}`;

const factsSql = `SELECT ${['wal_level', 'max_wal_senders', 'max_replication_slots', 'data_checksums'].map(setting).join(', ')},
  (SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = 'wal_keep_size') AS kept_mb,
  (SELECT count(*) FROM pg_catalog.pg_stat_replication) AS senders,
  pg_catalog.pg_is_in_recovery() AS in_recovery,
  r.rolreplication OR r.rolsuper AS may_replicate
  FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`;

function roleFindings({ address }: ServerCheck, facts: NamedRow): readonly SourceFinding[] {
  if (facts['may_replicate'] === 't') return [];
  return [
    finding(
      'error',
      `the role ${address.user} may not replicate, which is how its files and its log are read`,
      `Run ALTER ROLE ${quoteName(address.user)} REPLICATION; as a superuser.`,
    ),
  ];
}

function settingFindings(facts: NamedRow): readonly SourceFinding[] {
  const found: SourceFinding[] = [];
  const senders = Number(facts['max_wal_senders']);
  const used = Number(facts['senders']);
  if (facts['wal_level'] === 'minimal') {
    found.push(
      finding(
        'error',
        'the server writes too little into its log for a backup (wal_level = minimal)',
        `Run ALTER SYSTEM SET wal_level = 'replica'; ALTER SYSTEM SET max_wal_senders = ${Math.max(senders, 10)}; and restart the server.`,
      ),
    );
  } else if (used >= senders) {
    found.push(
      finding(
        'error',
        `the server has no connection for replication left (max_wal_senders = ${senders})`,
        `Run ALTER SYSTEM SET max_wal_senders = ${used + 5}; and restart the server.`,
      ),
    );
  }
  if (facts['data_checksums'] !== 'on') {
    found.push(
      finding(
        'warning',
        'the pages of the server have no checksums, so that damage on its disks is not noticed',
        'Switch them on while the server is stopped: pg_checksums --enable -D its data directory.',
      ),
    );
  }
  return found;
}

function recoveryFindings(
  { isStandby = false, address }: ServerCheck,
  facts: NamedRow,
): readonly SourceFinding[] {
  const isInRecovery = facts['in_recovery'] === 't';
  if (isInRecovery === isStandby) return [];
  const place = describeAddress(address);
  return [
    isInRecovery
      ? finding(
          'warning',
          `the server at ${place} is a standby, or is recovering`,
          'Write the server that writes under connection in the plan, and this one under standby.',
        )
      : finding(
          'warning',
          `the server at ${place} is no standby, though the plan says so`,
          'It may have been promoted: check which server the applications use, and correct the plan.',
        ),
  ];
}

interface Looked {
  readonly connection: PostgresConnection;
  readonly facts: NamedRow;
  readonly slots: readonly NamedRow[];
}

/** Whether the log stays on the server until we have it. */
async function keptFindings(
  { slot, purpose }: ServerCheck,
  { connection, facts, slots }: Looked,
  signal?: AbortSignal,
): Promise<readonly SourceFinding[]> {
  const there = slot === undefined ? undefined : await readSlot(connection, slot, signal);
  if (there !== undefined && slot !== undefined) {
    mustBePhysical(there, slot);
    return slotFindings(there, slot);
  }
  if (slot !== undefined && purpose === 'log') return noSlotLeft(facts, slots);
  if (purpose === 'log' || Number(facts['kept_mb']) > 0) return [];
  return [
    finding(
      'warning',
      'nothing keeps the log that is written while a backup runs, and a busy server may delete it before the end',
      "Keep the log of this system (logs in the plan, while lifeboat up runs), or keep more with ALTER SYSTEM SET wal_keep_size = '1GB'; SELECT pg_reload_conf(); on the server.",
    ),
  ];
}

function noSlotLeft(facts: NamedRow, slots: readonly NamedRow[]): readonly SourceFinding[] {
  const max = Number(facts['max_replication_slots']);
  if (slots.length < max) return [];
  const idle = slots.filter(({ active }) => active !== 't').map((row) => row['slot_name'] ?? '');
  const drop =
    idle.length === 0
      ? ''
      : ` Or drop one that nobody needs (idle: ${idle.join(', ')}) with SELECT pg_drop_replication_slot('its name'); on the server.`;
  return [
    finding(
      'error',
      `the server has no replication slot left (max_replication_slots = ${max})`,
      `Run ALTER SYSTEM SET max_replication_slots = ${max + 5}; and restart the server.${drop}`,
    ),
  ];
}

async function checkReplication(check: ServerCheck, signal?: AbortSignal): Promise<readonly SourceFinding[]> {
  const { address, expectedSystemId } = check;
  const replication = 'physical';
  await using connection = await connectPostgres(address, {
    applicationName: 'lifeboat',
    replication,
    signal,
  });
  const { systemId } = await identifySystem(connection, signal);
  if (expectedSystemId === undefined || expectedSystemId === systemId) return [];
  return [otherCluster(address, expectedSystemId, systemId)];
}

function otherCluster(address: PostgresAddress, expected: string, found: string): SourceFinding {
  return finding(
    'error',
    `the cluster at ${describeAddress(address)} is another one than before (system identifier ${found}, not ${expected})`,
    'Check where host and port lead to. If the cluster was really made anew, give the system another name in the plan, so that its points are not mixed with those of the old one.',
  );
}

function finding(severity: SourceFinding['severity'], message: string, hint: string): SourceFinding {
  return { severity, message, hint };
}
