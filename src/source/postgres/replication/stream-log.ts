/**
 * One stream of the log, over a connection of its own.
 *
 * The server ends a stream whose receiver is silent for `wal_sender_timeout`. So a status goes out regularly, by a
 * timer of its own, however long the consumer takes for an event; and at once when the server asks, or when more has
 * become durable. A server that is silent itself while we wait, as an idle one is that hears us, is asked for a sign, and
 * given up when none comes.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { every, sleep, withTimeout } from '../../../platform/timers.ts';
import type { LogEvent, LogPosition, LogStream } from '../../log-source.ts';
import { formatLsn, parseLsn } from '../wal/lsn.ts';
import { branchName, parseBranchName } from '../wal/segment-name.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import type { CopyBoth, ResultPart, Rows } from '../wire/results.ts';
import { quoteName } from '../wire/sql-text.ts';
import { logGone, walSenderTimeoutMs } from './commands.ts';
import { encodeStatus, parseStreamMessage } from './stream-messages.ts';

export interface StreamOptions {
  /** A connection for replication that the stream takes over and closes. */
  readonly connection: PostgresConnection;
  readonly slot: string;
  readonly start: LogPosition;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  readonly signal?: AbortSignal | undefined;
  /** For so long the connection is not read when nothing more is there: small pieces then come together. */
  readonly gatherMs: number;
}

const statusMsMax = 10_000;
/** Of the time after which the server gives up, so that a late timer does no harm. */
const statusShare = 4;
const statusMsMin = 50;
const goodbyeMsMax = 1000;

/** Raises SOURCE_LOCKED (another receiver has the slot), LOG_GONE, SOURCE_INVALID (it never had that log), SOURCE_UNREACHABLE. */
export async function streamLog(options: StreamOptions): Promise<LogStream> {
  const { connection, slot, start, signal } = options;
  const timeline = parseBranchName(start.branch);
  if (timeline === undefined) throw new RangeError(`no timeline: ${start.branch}`);
  const timeoutMs = await walSenderTimeoutMs(connection, signal);
  const over = new AbortController();
  const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const at = formatLsn(start.at);
  const sql = `START_REPLICATION SLOT ${quoteName(slot)} PHYSICAL ${at} TIMELINE ${timeline}`;
  const parts = connection.results(sql, either);
  const first = await nextPart(parts);
  const state: StreamState = {
    ...{
      options,
      over,
      signal: either,
      durable: 0n,
      received: start.at,
      hasEnded: false,
      waitsSinceMs: undefined,
      restMs: options.gatherMs,
      cameBytes: 0,
    },
  };
  // Asked for the very end of a timeline, the server says at once how it went on.
  if (first.kind === 'rows') return endedAtOnce(first, connection);
  if (first.kind !== 'copy-both') throw outOfTurn();
  const usualMs = timeoutMs === 0 ? statusMsMax : Math.min(statusMsMax, timeoutMs / statusShare);
  const everyMs = Math.max(statusMsMin, usualMs);
  const timer = every(everyMs, () => keepAlive(state, first.both, everyMs));
  return {
    events: readEvents(state, parts, first.both),
    acknowledge: (position) => {
      if (position <= state.durable) return;
      if (position > state.received) throw new RangeError('more is acknowledged than has come');
      state.durable = position;
      sendStatus(state, first.both, false);
    },
    [Symbol.asyncDispose]: async () => {
      timer[Symbol.dispose]();
      if (state.waitsSinceMs === undefined && !either.aborted) await endGently(state, parts, first.both);
      over.abort(new LifeboatError('INTERRUPTED', 'the stream of the log was closed'));
      await connection[Symbol.asyncDispose]();
    },
  };
}

/** What was acknowledged last must arrive; a connection that is cut could lose it. */
async function endGently(
  state: StreamState,
  parts: AsyncGenerator<ResultPart, void>,
  both: CopyBoth,
): Promise<void> {
  const limit = { timeoutMs: goodbyeMsMax, timeoutError: () => silent(goodbyeMsMax) };
  try {
    await withTimeout(limit, async (signal) => {
      if (!state.hasEnded) both.finish();
      while ((await both.receive(signal)) !== undefined);
      while ((await parts.next()).done !== true);
    });
  } catch {
    // Then it is cut; the server keeps a little more than it must.
  }
}

interface StreamState {
  readonly options: StreamOptions;
  /** Ends what waits for the server. */
  readonly over: AbortController;
  /** Its signal, or the caller's. */
  readonly signal: AbortSignal;
  durable: bigint;
  received: bigint;
  /** Both directions are over. */
  hasEnded: boolean;
  /** Since when we have waited for the server; `undefined` while the consumer is at work. */
  waitsSinceMs: number | undefined;
  /** How long the next rest is, and what came since the last one. */
  restMs: number;
  cameBytes: number;
}

async function nextPart(parts: AsyncGenerator<ResultPart, void>): Promise<ResultPart> {
  try {
    const { value } = await parts.next();
    if (value !== undefined) return value;
  } catch (error) {
    throw logGone(error) ?? error;
  }
  throw outOfTurn();
}

async function* readEvents(
  state: StreamState,
  parts: AsyncGenerator<ResultPart, void>,
  both: CopyBoth,
): AsyncGenerator<LogEvent, void> {
  for (;;) {
    const body = await take(state, both);
    if (body === undefined) break;
    const message = parseStreamMessage(body);
    if (message.kind === 'alive') {
      if (message.wantsReply) sendStatus(state, both, false);
      yield { kind: 'alive', serverEnd: message.serverEnd, sentAtMs: message.sentAtMs };
    } else {
      if (message.start !== state.received) throw leftOut(state.received, message.start);
      state.received += BigInt(message.bytes.length);
      state.cameBytes += message.bytes.length;
      yield message;
    }
  }
  both.finish();
  state.hasEnded = true;
  const end = await nextPart(parts);
  if (end.kind !== 'rows') throw outOfTurn();
  yield branchEnd(end);
}

async function take(state: StreamState, both: CopyBoth): Promise<Buffer | undefined> {
  try {
    const there = both.poll();
    if (there !== undefined) return there;
    state.waitsSinceMs = state.options.monotonicMs();
    await rest(state, both);
    return await both.receive(state.signal);
  } catch (error) {
    throw logGone(error) ?? error;
  } finally {
    state.waitsSinceMs = undefined;
  }
}

/** What a socket holds for us is bounded: when much came, the server may be waiting, and the next rest is shorter. */
const muchBytes = 96 * 1024;
const restMsMin = 2;

async function rest(state: StreamState, both: CopyBoth): Promise<void> {
  const { gatherMs } = state.options;
  if (gatherMs < restMsMin) return;
  const { cameBytes } = state;
  const share = cameBytes > muchBytes ? 1 / 2 : cameBytes < muchBytes / 2 ? 2 : 1;
  state.restMs = Math.max(restMsMin, Math.min(gatherMs, state.restMs * share));
  state.cameBytes = 0;
  both.rest();
  await sleep(state.restMs, state.signal);
}

function keepAlive(state: StreamState, both: CopyBoth, everyMs: number): void {
  const { connection, monotonicMs } = state.options;
  const sinceMs = state.waitsSinceMs;
  const silentMs = sinceMs === undefined ? 0 : monotonicMs() - Math.max(connection.heardAtMs(), sinceMs);
  // Asked once, it has all of the time of the address to answer.
  if (silentMs > connection.address.timeoutMs + 2 * everyMs) state.over.abort(silent(silentMs));
  else sendStatus(state, both, silentMs > everyMs / 2);
}

function sendStatus(state: StreamState, both: CopyBoth, wantsReply: boolean): void {
  both.write(encodeStatus({ durable: state.durable, nowMs: state.options.nowMs(), wantsReply }));
}

function endedAtOnce(rows: Rows, connection: PostgresConnection): LogStream {
  return {
    events: oneEvent(branchEnd(rows)),
    acknowledge: () => undefined,
    [Symbol.asyncDispose]: async () => await connection[Symbol.asyncDispose](),
  };
}

async function* oneEvent(event: LogEvent): AsyncGenerator<LogEvent, void> {
  yield event;
}

function branchEnd({ rows }: Rows): LogEvent {
  const [timeline = null, position = null] = rows[0] ?? [];
  const at = parseLsn(position ?? '');
  if (timeline === null || at === undefined) throw outOfTurn();
  return { kind: 'branch-end', at, next: branchName(Number(timeline)) };
}

function leftOut(expected: bigint, start: bigint): LifeboatError {
  return new LifeboatError(
    'SOURCE_INVALID',
    `the server left out a part of the log: ${formatLsn(start)} came where ${formatLsn(expected)} should begin`,
    { hint: 'Look into the log of the server; the stream must not go on.', retryable: true },
  );
}

function silent(silentMs: number): LifeboatError {
  return new LifeboatError('SOURCE_UNREACHABLE', `the server was silent for ${Math.round(silentMs)} ms`, {
    hint: 'Check that the server runs, and the network between.',
    retryable: true,
  });
}

function outOfTurn(): LifeboatError {
  return new LifeboatError(
    'SOURCE_INVALID',
    'the server answered START_REPLICATION in a way that is not known',
    {
      hint: 'Check that host and port are those of PostgreSQL itself, and not of a pooler.',
    },
  );
}
