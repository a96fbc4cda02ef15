/**
 * Messages to and from one server. What is not taken is not read beyond a bound: the server waits, as it must, until
 * whoever consumes goes on.
 */
import type { Socket } from 'node:net';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { describeAddress, type PostgresAddress } from './address.ts';
import { type Message, type MessageReader, makeMessageReader } from './message-reader.ts';
import { makeReadMemory } from './read-memory.ts';
import { type OpenSocket, openSocket } from './socket.ts';

export interface Channel {
  readonly isEncrypted: boolean;
  readonly certificateHash: Buffer | undefined;
  /** How the server may name us in pg_hba.conf; absent over a unix socket. */
  readonly localAddress: string | undefined;
  /** The next message that has come as a whole; good until it is called again. */
  next(): Message | undefined;
  /** Waits until more bytes have come. Raises SOURCE_UNREACHABLE when none will, and the signal's reason. */
  more(signal?: AbortSignal): Promise<void>;
  /** Reads nothing more until `more` is asked for. */
  rest(): void;
  /** For durations: when bytes came last, by the monotonic clock that was given. */
  heardAtMs(): number;
  write(bytes: Uint8Array): void;
  /** Resolves when what was written has left; at once when little waits. */
  drained(signal?: AbortSignal): Promise<void>;
  isOpen(): boolean;
  /** Says goodbye and closes. */
  end(goodbye: Uint8Array): Promise<void>;
  destroy(): void;
}

/** What PostgreSQL itself allows; a row of a result may be that long. */
const messageBytesMax = 2 ** 30;
/** Bytes that are held unread before the server must wait. */
const heldBytesMax = 1024 * 1024;
const waitingBytesMax = 1024 * 1024;

export async function openChannel(
  address: PostgresAddress,
  monotonicMs: () => number,
  signal: AbortSignal,
): Promise<Channel> {
  const reader = makeMessageReader(messageBytesMax);
  const memory = makeReadMemory();
  const intake: Intake = { reader, heardAtMs: monotonicMs(), wake: () => undefined };
  const took = (bytes: Buffer, release?: () => void): boolean => {
    intake.heardAtMs = monotonicMs();
    reader.push(bytes, release);
    intake.wake();
    return reader.bytes() <= heldBytesMax;
  };
  const fillsMemory = {
    room: memory.room,
    filled: (count: number) => {
      const { bytes, release } = memory.filled(count);
      return took(bytes, release);
    },
  };
  const opened = await openSocket(address, signal, fillsMemory);
  if (!opened.fillsMemory) {
    opened.socket.on('data', (chunk: Buffer) => {
      if (!took(chunk)) opened.socket.pause();
    });
  }
  return channelOver(opened, intake, address);
}

interface Intake {
  readonly reader: MessageReader;
  heardAtMs: number;
  /** Something has come. */
  wake: () => void;
}

function channelOver(opened: OpenSocket, intake: Intake, address: PostgresAddress): Channel {
  const { socket } = opened;
  const { reader } = intake;
  const state = watch(socket);
  intake.wake = state.wake;
  socket.resume();
  return {
    isEncrypted: opened.isEncrypted,
    certificateHash: opened.certificateHash,
    localAddress: socket.localAddress,
    next: () => reader.next(),
    async more(signal) {
      signal?.throwIfAborted();
      const before = reader.bytes();
      // A whole message may be longer than what is held otherwise.
      socket.resume();
      while (state.isOpen() && reader.bytes() === before) await state.event(signal);
      if (reader.bytes() === before) throw lost(address, state.failure());
    },
    rest: () => {
      socket.pause();
    },
    heardAtMs: () => intake.heardAtMs,
    write: (bytes) => {
      if (state.isOpen()) socket.write(bytes);
    },
    async drained(signal) {
      while (state.isOpen() && socket.writableLength > waitingBytesMax) await state.event(signal);
    },
    isOpen: state.isOpen,
    async end(goodbye) {
      if (!state.isOpen()) return;
      socket.end(goodbye);
      socket.destroySoon();
      socket.resume();
      while (state.isOpen()) await state.event(undefined);
    },
    destroy: () => {
      socket.destroy();
    },
  };
}

interface SocketState {
  isOpen(): boolean;
  failure(): Error | undefined;
  /** Resolves when anything happens; rejects with the reason of the signal. */
  event(signal: AbortSignal | undefined): Promise<void>;
  wake(): void;
}

function watch(socket: Socket): SocketState {
  let closed = false;
  let failure: Error | undefined;
  let waiting = new Set<() => void>();
  const wake = () => {
    const woken = waiting;
    waiting = new Set();
    for (const resume of woken) resume();
  };
  socket.on('error', (error) => {
    failure ??= error;
  });
  socket.on('close', () => {
    closed = true;
    wake();
  });
  socket.on('drain', wake);
  const event = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      const abort = () => {
        waiting.delete(resume);
        reject(signal?.reason);
      };
      const resume = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      signal?.addEventListener('abort', abort, { once: true });
      waiting.add(resume);
    });
  return { isOpen: () => !closed, failure: () => failure, event, wake };
}

function lost(address: PostgresAddress, cause: Error | undefined): LifeboatError {
  const why = cause === undefined ? 'the server closed it' : cause.message;
  return new LifeboatError(
    'SOURCE_UNREACHABLE',
    `the connection to PostgreSQL at ${describeAddress(address)} was lost (${why})`,
    {
      hint: 'Look into the log of the server for the reason; it may have been stopped, or the network between may be interrupted.',
      retryable: true,
      details: { host: address.host, port: address.port },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
