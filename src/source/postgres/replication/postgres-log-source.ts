/** The log of a PostgreSQL cluster as it is written: its write-ahead log, by streaming replication. */
import { assert, defined } from '../../../error/assert.ts';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { Heartbeat, LogHold, LogIdentity, LogSource } from '../../log-source.ts';
import { checkServer } from '../check-server.ts';
import { encodeHeartbeat, heartbeatPrefix } from '../wal/log-marks.ts';
import { parseLsn } from '../wal/lsn.ts';
import { branchName, parseBranchName } from '../wal/segment-name.ts';
import { describeAddress, type PostgresAddress } from '../wire/address.ts';
import { connectPostgres, type PostgresConnection } from '../wire/connection.ts';
import { oneValue } from '../wire/read-rows.ts';
import { quoteText } from '../wire/sql-text.ts';
import { createSlot, dropSlot, identifySystem, timelineHistory, walSegmentBytes } from './commands.ts';
import { logHealth } from './log-health.ts';
import { setWaiting } from './set-waiting.ts';
import { mustBePhysical, readSlot } from './slots.ts';
import { streamLog } from './stream-log.ts';

export interface PostgresLogOptions {
  /** Of the server that writes; its role needs REPLICATION. */
  readonly address: PostgresAddress;
  readonly slot: string;
  /** What the server calls this receiver, in `synchronous_standby_names` as well. */
  readonly applicationName: string;
  /** All receivers of this system, in case there is another one in another place; this one alone when absent. */
  readonly receivers?: readonly string[];
  /** Another cluster is refused. */
  readonly expectedSystemId?: string;
  /** Written into heartbeats. */
  readonly system: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** For durations: milliseconds that never go back. */
  readonly monotonicMs: () => number;
}

interface LogOptions extends PostgresLogOptions {
  /** What `identify` said last: a name or a proxy may lead each new connection somewhere else. */
  identified: string | undefined;
}

/** Each call has a connection of its own; only a stream keeps one. All must reach the cluster that was identified last. */
export function createPostgresLogSource(given: PostgresLogOptions): LogSource {
  const options: LogOptions = { ...given, identified: given.expectedSystemId };
  const { address, slot } = options;
  const receivers = options.receivers ?? [options.applicationName];
  return {
    description: `log of PostgreSQL at ${describeAddress(address)}`,
    preflight: async (signal) => await checkServer({ ...options, purpose: 'log' }, signal),
    identify: async (signal) =>
      await withReplication(options, signal, (connection) => identify(options, connection, signal)),
    history: async (branch, signal) => {
      const timeline = defined(parseBranchName(branch), 'a timeline');
      return await withReplication(options, signal, (connection) =>
        timelineHistory(connection, timeline, signal),
      );
    },
    hold: async (signal) => await withSql(options, signal, (connection) => hold(options, connection, signal)),
    stream: async (start, signal, gatherMs = 0) => {
      const connection = await connectPostgres(address, {
        applicationName: options.applicationName,
        replication: 'physical',
        signal,
      });
      try {
        const { systemId } = await identifySystem(connection, signal);
        requireCluster(options, systemId, options.identified);
        return await streamLog({ ...options, connection, slot, start, signal, gatherMs });
      } catch (error) {
        await connection[Symbol.asyncDispose]();
        throw error;
      }
    },
    beat: async (signal) => await withSql(options, signal, (connection) => beat(options, connection, signal)),
    health: async (signal) =>
      await withSql(options, signal, (connection) => logHealth(connection, slot, receivers, signal)),
    setWaiting: async (waits, signal) =>
      await withSql(options, signal, (connection) => setWaiting(connection, receivers, waits, signal)),
  };
}

type Act<T> = (connection: PostgresConnection, signal?: AbortSignal) => Promise<T>;

async function withReplication<T>(
  { address }: PostgresLogOptions,
  signal: AbortSignal | undefined,
  act: Act<T>,
): Promise<T> {
  const replication = 'physical';
  await using connection = await connectPostgres(address, {
    applicationName: 'lifeboat',
    replication,
    signal,
  });
  return await act(connection, signal);
}

/** By a name that nobody waits for. */
async function withSql<T>(options: LogOptions, signal: AbortSignal | undefined, act: Act<T>): Promise<T> {
  await using connection = await connectPostgres(options.address, { applicationName: 'lifeboat', signal });
  await requireSame(options, connection, signal);
  return await act(connection, signal);
}

/** A heartbeat in another cluster would call proven what nobody has. */
async function requireSame(
  options: LogOptions,
  connection: PostgresConnection,
  signal?: AbortSignal,
): Promise<void> {
  if (options.identified === undefined) return;
  const asked = 'SELECT system_identifier FROM pg_catalog.pg_control_system()';
  requireCluster(options, (await oneValue(connection, asked, signal)) ?? '', options.identified);
}

async function identify(
  options: LogOptions,
  connection: PostgresConnection,
  signal?: AbortSignal,
): Promise<LogIdentity> {
  const { systemId, timeline, flushed } = await identifySystem(connection, signal);
  requireCluster(options, systemId, options.expectedSystemId);
  options.identified = systemId;
  return {
    incarnation: systemId,
    branch: branchName(timeline),
    flushed,
    segmentBytes: await walSegmentBytes(connection, signal),
    server: `PostgreSQL ${connection.version.text}`,
  };
}

function requireCluster({ system, address }: PostgresLogOptions, is: string, was: string | undefined): void {
  if (was === undefined || was === is) return;
  const at = describeAddress(address);
  const message = `at ${at} there is another cluster than the one of ${system}: ${is} instead of ${was}`;
  throw new LifeboatError('SOURCE_INVALID', message, {
    hint: `Check the address. If ${system} has moved to it, say so in its source: cluster: "${is}", and take a backup.`,
  });
}

/** A slot that was lost, or never reserved anything, holds nothing and cannot be mended: it is made anew. */
async function hold(
  options: LogOptions,
  connection: PostgresConnection,
  signal?: AbortSignal,
): Promise<LogHold> {
  const name = options.slot;
  const there = await readSlot(connection, name, signal);
  if (there !== undefined) mustBePhysical(there, name);
  const isGood = there?.heldFrom !== undefined && there.state !== 'lost';
  if (!isGood) {
    await withReplication(options, signal, async (replication) => {
      if (there !== undefined) await dropSlot(replication, name, signal);
      await createSlot(replication, name, signal);
    });
  }
  const slot = isGood ? there : await readSlot(connection, name, signal);
  const heldFrom = slot?.heldFrom;
  return { name, isNew: !isGood, ...(heldFrom === undefined ? {} : { heldFrom }) };
}

/**
 * As a transaction, so that it is durable on the server when the call returns; it waits for no standby, for we are one.
 * The clock is the server's, as that of its commits is, read before the record is written: whatever was committed
 * before that moment ends before it.
 */
async function beat(
  { system }: PostgresLogOptions,
  connection: PostgresConnection,
  signal?: AbortSignal,
): Promise<Heartbeat> {
  await connection.query('SET synchronous_commit TO local', signal);
  const clock = 'SELECT floor(extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::bigint';
  const writtenAtMs = Number(await oneValue(connection, clock, signal));
  assert(Number.isSafeInteger(writtenAtMs), 'a clock in milliseconds');
  const content = quoteText(encodeHeartbeat({ at: writtenAtMs, system }));
  const emit = `SELECT pg_catalog.pg_logical_emit_message(true, ${quoteText(heartbeatPrefix)}, ${content})`;
  const end = parseLsn((await oneValue(connection, emit, signal)) ?? '');
  return { end: defined(end, 'the end of the heartbeat'), writtenAtMs };
}
