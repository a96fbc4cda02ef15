/** A connection to a PostgreSQL server, versions 13 to 18, by protocol 3.0 and simple queries. */
import { assert } from '../../../error/assert.ts';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { monotonicMs } from '../../../platform/clock.ts';
import { withTimeout } from '../../../platform/timers.ts';
import { describeAddress, type PostgresAddress } from './address.ts';
import { beginAuthentication } from './authenticate.ts';
import { type Channel, openChannel } from './channel.ts';
import { fieldsOf } from './field-reader.ts';
import { cancelRequest, queryMessage, startupMessage, terminate } from './front-messages.ts';
import type { Message } from './message-reader.ts';
import { type Messages, type ResultPart, type Rows, readResults } from './results.ts';
import { type Asker, parseServerMessage, type ServerMessage, serverError } from './server-error.ts';
import { openSocket } from './socket.ts';

export interface ConnectOptions {
  /** What pg_stat_activity and synchronous_standby_names call us. */
  readonly applicationName: string;
  /** `physical`: replication commands only. `database`: those and SQL. Absent: SQL. */
  readonly replication?: 'physical' | 'database';
  readonly signal?: AbortSignal | undefined;
  /** Warnings and notices; must not raise. */
  readonly onNotice?: (notice: ServerMessage) => void;
}

export interface PostgresConnection extends AsyncDisposable {
  readonly address: PostgresAddress;
  readonly version: ServerVersion;
  readonly isEncrypted: boolean;
  /** What the server told of itself, such as `in_hot_standby`; may change. */
  readonly parameters: ReadonlyMap<string, string>;
  /**
   * The parts of the answer to one or several statements. What is not read to the end closes the connection, and the
   * server is asked to stop. Raises SOURCE_* errors, and the reason of the signal.
   */
  results(sql: string, signal?: AbortSignal): AsyncGenerator<ResultPart, void>;
  /** Of the last statement, for what gives rows only. */
  query(sql: string, signal?: AbortSignal): Promise<Rows>;
  /** For durations: when the server was heard last, by the monotonic clock. */
  heardAtMs(): number;
  isOpen(): boolean;
}

export interface ServerVersion {
  /** 15 */
  readonly major: number;
  /** `15.18` */
  readonly text: string;
}

const oldestMajor = 13;
const newestMajor = 18;

/**
 * Raises SOURCE_UNREACHABLE, SOURCE_DENIED, SOURCE_MISSING (no such database), SOURCE_INVALID (no PostgreSQL, or none
 * of 13 to 18), within the time of the address.
 */
export async function connectPostgres(
  address: PostgresAddress,
  options: ConnectOptions,
): Promise<PostgresConnection> {
  const limit = {
    timeoutMs: address.timeoutMs,
    timeoutError: () => tooSlow(address),
    signal: options.signal,
  };
  return await withTimeout(limit, (signal) => connect(address, options, signal));
}

async function connect(
  address: PostgresAddress,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<PostgresConnection> {
  const channel = await openChannel(address, monotonicMs, signal);
  try {
    channel.write(startupMessage(startupParameters(address, options)));
    const messages = filteredMessages(address, channel, options);
    const key = await logIn(address, channel, messages, signal);
    const version = parseVersion(messages.parameters.get('server_version') ?? '', address);
    // A caller whose time is over has gone, and nobody would close it.
    signal.throwIfAborted();
    return connectionOver({ address, channel, messages, key, version });
  } catch (error) {
    channel.destroy();
    throw error;
  }
}

function startupParameters(address: PostgresAddress, options: ConnectOptions): Record<string, string> {
  const mode = options.replication === 'physical' ? 'true' : options.replication;
  return {
    user: address.user,
    database: address.database,
    application_name: options.applicationName,
    client_encoding: 'UTF8',
    DateStyle: 'ISO',
    TimeZone: 'UTC',
    ...(mode === undefined ? {} : { replication: mode }),
  };
}

interface FilteredMessages extends Messages {
  readonly parameters: ReadonlyMap<string, string>;
}

/** Takes out notices and parameters, which may come at any time, and raises errors. */
function filteredMessages(
  address: PostgresAddress,
  channel: Channel,
  options: ConnectOptions,
): FilteredMessages {
  const parameters = new Map<string, string>();
  const asker: Asker = {
    user: address.user,
    database: address.database,
    isReplication: options.replication === 'physical',
    isEncrypted: channel.isEncrypted,
    localAddress: channel.localAddress,
  };
  const isMeantForUs = ({ type, body }: Message): boolean => {
    if (type === 'N') options.onNotice?.(parseServerMessage(body));
    if (type === 'S') {
      const fields = fieldsOf(body);
      parameters.set(fields.text(), fields.text());
    }
    if (type === 'E') throw serverError(parseServerMessage(body), asker);
    return type !== 'N' && type !== 'S' && type !== 'A';
  };
  const poll = (): Message | undefined => {
    for (let message = channel.next(); message !== undefined; message = channel.next()) {
      if (isMeantForUs(message)) return message;
    }
    return undefined;
  };
  return {
    parameters,
    poll,
    receive: async (signal) => {
      for (;;) {
        const message = poll();
        if (message !== undefined) return message;
        await channel.more(signal);
      }
    },
  };
}

interface CancelKey {
  readonly processId: number;
  readonly secret: Buffer;
}

/** Until the server is ready for the first query. */
async function logIn(
  address: PostgresAddress,
  channel: Channel,
  messages: Messages,
  signal: AbortSignal,
): Promise<CancelKey | undefined> {
  const authentication = beginAuthentication(address, channel);
  let isProven = false;
  let key: CancelKey | undefined;
  for (;;) {
    const { type, body } = await messages.receive(signal);
    if (type === 'R' && !isProven) isProven = await authentication.take(body);
    else if (type === 'K') key = { processId: body.readInt32BE(0), secret: Buffer.from(body.subarray(4)) };
    else if (type === 'Z' && isProven) return key;
    else throw notPostgres(address, `it sent ${JSON.stringify(type)} while we logged in`);
  }
}

interface ConnectionParts {
  readonly address: PostgresAddress;
  readonly channel: Channel;
  readonly messages: FilteredMessages;
  readonly key: CancelKey | undefined;
  readonly version: ServerVersion;
}

function connectionOver({ address, channel, messages, key, version }: ConnectionParts): PostgresConnection {
  let isBusy = false;
  const giveUp = async (): Promise<void> => {
    channel.destroy();
    if (key !== undefined) await askToStop(address, key);
  };
  async function* results(sql: string, signal?: AbortSignal): AsyncGenerator<ResultPart, void> {
    assert(!isBusy, 'a connection answers one query at a time');
    signal?.throwIfAborted();
    isBusy = true;
    let isDone = false;
    try {
      channel.write(queryMessage(sql));
      yield* readResults(messages, channel, signal);
      isDone = true;
    } catch (error) {
      isDone = await isReadyAfter(error, messages, signal);
      throw error;
    } finally {
      isBusy = !isDone;
      if (!isDone) await giveUp();
    }
  }
  return {
    address,
    version,
    isEncrypted: channel.isEncrypted,
    parameters: messages.parameters,
    results,
    async query(sql, signal) {
      let last: Rows = { columns: [], rows: [], bytes: [], tag: '' };
      for await (const part of results(sql, signal)) {
        assert(part.kind === 'rows', 'a query that gives rows');
        last = part;
      }
      return last;
    },
    heardAtMs: () => channel.heardAtMs(),
    isOpen: () => channel.isOpen() && !isBusy,
    async [Symbol.asyncDispose]() {
      if (!channel.isOpen()) return;
      if (isBusy) await giveUp();
      else await channel.end(terminate());
    },
  };
}

/** After an error of a statement the server is ready for the next one; after others the connection is of no use. */
async function isReadyAfter(
  error: unknown,
  messages: Messages,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!(error instanceof LifeboatError) || error.details['severity'] !== 'ERROR') return false;
  try {
    // What was under way when it failed comes first.
    for (;;) if ((await messages.receive(signal)).type === 'Z') return true;
  } catch {
    return false;
  }
}

/** On a connection of its own, as the protocol wants it. Whether it arrives matters to the server only. */
async function askToStop(address: PostgresAddress, { processId, secret }: CancelKey): Promise<void> {
  const limit = { timeoutMs: address.timeoutMs, timeoutError: () => tooSlow(address) };
  try {
    await withTimeout(limit, async (signal) => {
      const { socket } = await openSocket(address, signal);
      await new Promise<void>((resolve) => {
        socket.once('close', () => resolve()).once('error', () => resolve());
        signal.addEventListener('abort', () => socket.destroy(), { once: true });
        socket.resume();
        socket.end(cancelRequest(processId, secret));
      });
    });
  } catch {
    // The server ends what nobody reads by itself, later.
  }
}

function parseVersion(text: string, address: PostgresAddress): ServerVersion {
  const [, number = '', major = ''] = /^((\d+)[\w.]*)/.exec(text) ?? [];
  if (major === '') throw notPostgres(address, 'it did not tell its version');
  const version = { major: Number(major), text: number };
  if (version.major >= oldestMajor && version.major <= newestMajor) return version;
  throw new LifeboatError(
    'SOURCE_INVALID',
    `the server at ${describeAddress(address)} is PostgreSQL ${number}, which Lifeboat does not know`,
    {
      hint: `Lifeboat knows PostgreSQL ${oldestMajor} to ${newestMajor}: update the server, or update Lifeboat.`,
      details: { serverVersion: number },
    },
  );
}

function notPostgres(address: PostgresAddress, why: string): LifeboatError {
  return new LifeboatError(
    'SOURCE_INVALID',
    `what answers at ${describeAddress(address)} does not speak as PostgreSQL does: ${why}`,
    { hint: 'Check that host and port are those of PostgreSQL.' },
  );
}

function tooSlow(address: PostgresAddress): LifeboatError {
  return new LifeboatError(
    'SOURCE_UNREACHABLE',
    `PostgreSQL at ${describeAddress(address)} did not answer within ${address.timeoutMs} ms`,
    {
      hint: 'Check that the server runs and can be reached, or set a longer timeout for the connection in the plan.',
      retryable: true,
      details: { host: address.host, port: address.port },
    },
  );
}
