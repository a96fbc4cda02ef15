/**
 * Answers `lifeboat-archive-wal` and `lifeboat-restore-wal` over a socket, for as long as `lifeboat up` runs. Who may open
 * the socket may read the whole log of the systems and add to it: its mode and its group say who that is, by default the
 * owner alone. The questions and answers are in docs/formats/wal-socket.md.
 */
import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { withTimeout } from '../../platform/timers.ts';
import { getLogFile, putLogFile, type WalGround } from './wal-files.ts';
import { type ByteQueue, createByteQueue, parseQuestion, type WalQuestion } from './wal-question.ts';

export interface ServeWalOptions {
  /** Absolute. Its folder is made when it is not there. */
  readonly path: string;
  /** Default 0600. */
  readonly mode?: number;
  /** The group of the socket; with a mode of 0660 its members may use it. */
  readonly groupId?: number;
  /** The only system when none is named. Raises SYSTEM_NOT_FOUND and what opening the plan's vaults raises. */
  readonly ground: (system: string | undefined) => Promise<WalGround>;
  /** Hears of files that could not be taken or given; must not raise. */
  readonly tell?: (words: string) => void;
}

/** Answered at once: each may hold a file of the log in memory. Others wait for their turn. */
const questionsMax = 4;
const connectionsMax = 64;
const questionMs = 30 * 60_000;

/** Answers until the signal, and takes the socket away. Raises what `openWalSocket` raises. */
export async function serveWal(options: ServeWalOptions, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await using _socket = await openWalSocket(options);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * Listens when it resolves; disposed, it listens no more, and the socket is gone. Raises ADDRESS_UNUSABLE when the socket
 * cannot be made, or another process answers it.
 */
export async function openWalSocket(options: ServeWalOptions): Promise<AsyncDisposable> {
  const stop = new AbortController();
  const sockets = new Set<Socket>();
  const turns = createTurns(questionsMax);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // a client that went away hears nothing more
    socket.on('error', () => socket.destroy());
    void answer(options, socket, turns, stop.signal);
  });
  server.maxConnections = connectionsMax;
  await listen(server, options);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort(new LifeboatError('INTERRUPTED', 'the socket is closed'));
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(options.path, { force: true });
    },
  };
}

async function listen(server: Server, { path, mode = 0o600, groupId }: ServeWalOptions): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    if (await isAnswered(path)) throw inUse(path);
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => resolve());
    });
    if (groupId !== undefined) await chown(path, process.getuid?.() ?? -1, groupId);
    await chmod(path, mode);
  } catch (error) {
    server.close();
    if (error instanceof LifeboatError) throw error;
    const hint = 'Name another place for the socket, in a folder that this user may write.';
    throw new LifeboatError(
      'ADDRESS_UNUSABLE',
      `the socket ${path} cannot be made: ${systemErrorName(error) ?? ''}`,
      {
        hint,
        cause: error,
      },
    );
  }
}

/** What a process that was killed left behind answers nobody. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function answer(
  options: ServeWalOptions,
  socket: Socket,
  turns: Turns,
  signal: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  socket.once('close', () => gone.abort(new LifeboatError('INTERRUPTED', 'the client went away')));
  const either = AbortSignal.any([signal, gone.signal]);
  const limit = { timeoutMs: questionMs, timeoutError: tooLong, signal: either };
  try {
    using _turn = await turns.next();
    await withTimeout(limit, async (own) => {
      const queue = createByteQueue(socket);
      const question = parseQuestion(await queue.line(own));
      await (question.do === 'put'
        ? put(options, socket, question, queue, own)
        : get(options, socket, question, own));
    });
    socket.end();
  } catch (error) {
    if (either.aborted) return void socket.destroy();
    const { code, message, hint } =
      error instanceof LifeboatError
        ? error
        : {
            code: 'INTERNAL',
            message: error instanceof Error ? error.message : String(error),
            hint: undefined,
          };
    options.tell?.(message);
    // what was begun cannot be told from an answer: it is cut off instead
    if (socket.bytesWritten > 0) socket.destroy();
    else socket.end(`${JSON.stringify({ v: 1, error: { code, message, hint } })}\n`);
  }
}

async function put(
  { ground }: ServeWalOptions,
  socket: Socket,
  { system, name, size = 0, cluster }: WalQuestion,
  queue: ByteQueue,
  signal: AbortSignal,
): Promise<void> {
  const bytes = await queue.bytes(size, signal);
  await putLogFile(await ground(system), { name, bytes, cluster }, signal);
  socket.write(`${JSON.stringify({ v: 1, ok: true })}\n`);
}

async function get(
  { ground }: ServeWalOptions,
  socket: Socket,
  { system, name, cluster }: WalQuestion,
  signal: AbortSignal,
): Promise<void> {
  const found = await getLogFile(await ground(system), { name, cluster }, signal);
  if (found.kind === 'absent') return void socket.write(`${JSON.stringify({ v: 1, absent: true })}\n`);
  const { size, bytes } = found;
  let sent = 0;
  for await (const part of bytes) {
    // the first bytes prove that it can be read: before them an error is still an answer
    if (sent === 0) socket.write(`${JSON.stringify({ v: 1, size })}\n`);
    sent += part.length;
    await write(socket, part, signal);
  }
  if (sent === 0) socket.write(`${JSON.stringify({ v: 1, size })}\n`);
  await write(socket, Buffer.alloc(size - sent), signal);
}

async function write(socket: Socket, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

interface Turns {
  /** Resolves when it is the caller's turn, until it is disposed. */
  next(): Promise<Disposable>;
}

function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = [];
  let free = atOnce;
  const turn: Disposable = {
    [Symbol.dispose]() {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    },
  };
  return {
    async next() {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return turn;
    },
  };
}

function inUse(path: string): LifeboatError {
  return new LifeboatError('ADDRESS_UNUSABLE', `another process answers the socket ${path}`, {
    hint: 'End it, or name another place for the socket.',
  });
}

function tooLong(): LifeboatError {
  return new LifeboatError('STORE_UNAVAILABLE', 'the vaults did not take or give the file in time', {
    hint: 'Check that they can be reached.',
    retryable: true,
  });
}
