/** Commands of a replication connection. Source: PostgreSQL documentation, "Streaming Replication Protocol". */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { parseLsn } from '../wal/lsn.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import { oneRow, oneValue } from '../wire/read-rows.ts';
import { quoteName } from '../wire/sql-text.ts';

export interface SystemIdentity {
  /** In digits. */
  readonly systemId: string;
  readonly timeline: number;
  /** What is durable on the server; of a standby, what it has replayed or received. */
  readonly flushed: bigint;
}

export async function identifySystem(
  connection: PostgresConnection,
  signal?: AbortSignal,
): Promise<SystemIdentity> {
  const row = await oneRow(connection, 'IDENTIFY_SYSTEM', signal);
  const flushed = parseLsn(row['xlogpos'] ?? '');
  const timeline = Number(row['timeline']);
  const systemId = row['systemid'] ?? '';
  if (flushed === undefined || !Number.isSafeInteger(timeline) || !/^\d+$/.test(systemId)) {
    throw unreadable('IDENTIFY_SYSTEM');
  }
  return { systemId, timeline, flushed };
}

export async function walSegmentBytes(connection: PostgresConnection, signal?: AbortSignal): Promise<number> {
  const text = (await oneValue(connection, 'SHOW wal_segment_size', signal)) ?? '';
  const [, number = '', unit = ''] = /^(\d+)(MB|GB)$/.exec(text) ?? [];
  if (number === '') throw unreadable('SHOW wal_segment_size');
  return Number(number) * (unit === 'GB' ? 2 ** 30 : 2 ** 20);
}

const msPerUnit: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** After how long without an answer the server ends a stream; 0: never. */
export async function walSenderTimeoutMs(
  connection: PostgresConnection,
  signal?: AbortSignal,
): Promise<number> {
  const text = (await oneValue(connection, 'SHOW wal_sender_timeout', signal)) ?? '';
  const [, number = '', unit = 'ms'] = /^(\d+)(ms|s|min|h|d)?$/.exec(text) ?? [];
  if (number === '') throw unreadable('SHOW wal_sender_timeout');
  return Number(number) * (msPerUnit[unit] ?? 1);
}

/** The log is kept from this moment on. Raises SOURCE_DENIED with what to change when there is no slot left. */
export async function createSlot(
  connection: PostgresConnection,
  slot: string,
  signal?: AbortSignal,
): Promise<void> {
  await connection.query(`CREATE_REPLICATION_SLOT ${quoteName(slot)} PHYSICAL RESERVE_WAL`, signal);
}

export async function dropSlot(
  connection: PostgresConnection,
  slot: string,
  signal?: AbortSignal,
): Promise<void> {
  await connection.query(`DROP_REPLICATION_SLOT ${quoteName(slot)}`, signal);
}

/** As the file on the server is; the first timeline has none. Raises LOG_GONE when the server has it no more. */
export async function timelineHistory(
  connection: PostgresConnection,
  timeline: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  if (timeline === 1) return undefined;
  try {
    const { bytes } = await connection.query(`TIMELINE_HISTORY ${timeline}`, signal);
    const content = bytes[0]?.[1];
    if (content === undefined || content === null) throw unreadable('TIMELINE_HISTORY');
    return content;
  } catch (error) {
    throw logGone(error) ?? error;
  }
}

/** The error that says that the server has the log no more, when that is what it said. */
export function logGone(error: unknown): LifeboatError | undefined {
  if (!(error instanceof LifeboatError) || error.details['sqlstate'] !== '58P01') return undefined;
  return new LifeboatError(
    'LOG_GONE',
    `the server has the log no more that was asked for: ${error.message}`,
    {
      hint: 'Take a new base backup: recovery from older ones ends before this hole. Let a replication slot keep the log from now on.',
      details: error.details,
      cause: error,
    },
  );
}

function unreadable(command: string): LifeboatError {
  return new LifeboatError('SOURCE_INVALID', `the server answered ${command} in a way that is not known`, {
    hint: 'Check that host and port are those of PostgreSQL itself, and not of a pooler.',
  });
}
