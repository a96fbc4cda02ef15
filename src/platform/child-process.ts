/**
 * Runs other programs. How a program ended is a value; an error is raised only when it could not be started
 * or when the caller's own signal stopped it. Whatever happens, nothing it started is left behind: when the
 * signal aborts, the time is over or the handle is disposed, its whole process group gets SIGTERM, and
 * SIGKILL after a grace.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { defined } from '../error/assert.ts';
import { LifeboatError, systemErrorName } from '../error/lifeboat-error.ts';
import { endGroup, forgetGroup, rememberGroup } from './process-group.ts';
import { sleep } from './timers.ts';

export type Program =
  | { readonly kind: 'argv'; readonly file: string; readonly arguments: readonly string[] }
  /** Run by `sh -c`. */
  | { readonly kind: 'shell'; readonly script: string };

export interface ProgramOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** Between SIGTERM and SIGKILL. Default 5 s. */
  readonly graceMs?: number;
  /** Bytes to feed, this process's own input, or (the default) none. */
  readonly stdin?: Uint8Array | 'inherit' | 'none';
  /** `inherit` shows what the program says to the person at once, and the tail stays empty. */
  readonly stderr?: 'collect' | 'inherit';
  /** Where the program starts; the current folder when absent. */
  readonly folder?: string;
  /** Whose process it becomes, without any further groups; only root may say so. */
  readonly runsAs?: { readonly uid: number; readonly gid: number } | undefined;
  /** Changes to this process's environment; `undefined` takes a variable away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface ProgramResult {
  /** `undefined` when a signal ended the program. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly timedOut: boolean;
  /** The last 16 KiB of standard error as text, which may hold what the program chose to tell. */
  readonly stderrTail: string;
}

export interface RunningProgram extends AsyncDisposable {
  readonly pid: number;
  /**
   * Read at the consumer's pace: while nobody reads, the program waits. Its end means nothing before `result`
   * was looked at: it also ends when the program fails or is stopped. Leaving early closes the pipe.
   */
  readonly stdout: AsyncIterable<Buffer>;
  /** Resolves when the program ended and its output is closed. Rejects with the reason of an aborted signal. */
  readonly result: Promise<ProgramResult>;
}

export interface CollectedResult extends ProgramResult {
  readonly stdout: Buffer;
  /** The program wrote more than `stdoutBytesMax` and was stopped; `stdout` holds the beginning. */
  readonly stdoutExceeded: boolean;
}

const graceMsDefault = 5000;
/** How long output of a program that was stopped may take to arrive, or be held open by what left its group. */
const drainMs = 250;
const stderrTailBytesMax = 16 * 1024;
const stdoutBytesMaxDefault = 16 * 1024 * 1024;

/** Runs a program to its end. Raises COMMAND_FAILED when it cannot be started, or the signal's reason. */
export async function runProgram(
  program: Program,
  options: ProgramOptions & { readonly stdoutBytesMax?: number } = {},
): Promise<CollectedResult> {
  const bytesMax = options.stdoutBytesMax ?? stdoutBytesMaxDefault;
  await using running = await startProgram(program, options);
  const collected = await collect(running.stdout, bytesMax);
  if (collected.stdoutExceeded) await running[Symbol.asyncDispose]();
  const ended = await running.result;
  return { ...ended, ...collected };
}

/**
 * Starts a program; resolves when it runs. The caller reads `stdout` to its end, awaits `result`, and disposes.
 * Raises COMMAND_FAILED when it cannot be started.
 */
export async function startProgram(program: Program, options: ProgramOptions = {}): Promise<RunningProgram> {
  options.signal?.throwIfAborted();
  const child = spawnChild(program, options);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const tail = keepTail(child.stderr);
  feed(child, options.stdin);
  await started(child, program);
  const stopper = makeStopper(child, closed, options);
  const result = watch(child, stopper, tail, options.signal);
  // Whoever disposes without awaiting the result has chosen not to know how it ended.
  result.catch(() => undefined);
  const dispose = async () => {
    if (!stopper.hasClosed()) stopper.stop('dispose');
    await Promise.allSettled([result]);
  };
  const pid = defined(child.pid, 'process id of a started program');
  return {
    pid,
    stdout: readQuietly(defined(child.stdout, 'standard output')),
    result,
    [Symbol.asyncDispose]: dispose,
  };
}

type StopReason = 'timeout' | 'abort' | 'dispose';

interface Stopper {
  /** The first call counts. */
  stop(reason: StopReason): void;
  reason(): StopReason | undefined;
  hasClosed(): boolean;
  /** Resolves when the group is gone, if it was told to stop; at once otherwise. */
  finished(): Promise<void>;
}

function makeStopper(child: ChildProcess, closed: Promise<void>, options: ProgramOptions): Stopper {
  const pid = defined(child.pid, 'process id of a started program');
  let stopped: { readonly reason: StopReason; readonly finished: Promise<void> } | undefined;
  let hasClosed = false;
  rememberGroup(pid);
  const end = async () => {
    await endGroup(pid, options.graceMs ?? graceMsDefault);
    const drained = new AbortController();
    await Promise.race([closed, sleep(drainMs, drained.signal).catch(() => undefined)]);
    drained.abort();
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  };
  const stop = (reason: StopReason) => {
    stopped ??= { reason, finished: end() };
  };
  const abort = () => stop('abort');
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(stop, options.timeoutMs, 'timeout');
  options.signal?.addEventListener('abort', abort);
  if (options.signal?.aborted) abort();
  const finished = async () => {
    await closed;
    hasClosed = true;
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
    await stopped?.finished;
    forgetGroup(pid);
  };
  return { stop, reason: () => stopped?.reason, hasClosed: () => hasClosed, finished };
}

async function watch(
  child: ChildProcess,
  stopper: Stopper,
  tail: () => string,
  signal: AbortSignal | undefined,
): Promise<ProgramResult> {
  await stopper.finished();
  if (stopper.reason() === 'abort') throw signal?.reason;
  return {
    exitCode: child.exitCode ?? undefined,
    signal: child.signalCode ?? undefined,
    timedOut: stopper.reason() === 'timeout',
    stderrTail: tail(),
  };
}

function spawnChild(program: Program, options: ProgramOptions): ChildProcess {
  const [file, values] =
    program.kind === 'shell' ? ['/bin/sh', ['-c', program.script]] : [program.file, [...program.arguments]];
  const stdin = options.stdin ?? 'none';
  return spawn(file, values, {
    detached: true,
    ...(options.folder === undefined ? {} : { cwd: options.folder }),
    ...options.runsAs,
    env: { ...process.env, ...options.environment },
    stdio: [
      stdin === 'inherit' ? 'inherit' : stdin === 'none' ? 'ignore' : 'pipe',
      'pipe',
      options.stderr === 'inherit' ? 'inherit' : 'pipe',
    ],
  });
}

/** Arguments stay out of the error, and so does Node's own, which lists them: they may hold a secret. */
function started(child: ChildProcess, program: Program): Promise<void> {
  const name = program.kind === 'shell' ? 'sh' : program.file;
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.on('error', (error) => {
      const errno = systemErrorName(error) ?? 'unknown error';
      reject(
        new LifeboatError('COMMAND_FAILED', `program ${JSON.stringify(name)} cannot be started: ${errno}`, {
          hint: 'Check that it is installed and in PATH, that it may be executed, and that its folder exists.',
          details: { program: name, errno },
        }),
      );
    });
  });
}

/** A program need not read its input; that it closed the pipe early is no error, its exit code tells. */
function feed(child: ChildProcess, stdin: ProgramOptions['stdin']): void {
  child.stdin?.on('error', () => undefined);
  if (stdin instanceof Uint8Array) child.stdin?.end(stdin);
}

function keepTail(stream: Readable | null): () => string {
  let tail: Buffer = Buffer.alloc(0);
  stream?.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-stderrTailBytesMax);
  });
  stream?.on('error', () => undefined);
  return () => tail.toString();
}

async function* readQuietly(stream: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk;
  } catch (error) {
    // The stopper closed the pipe; `result` says so.
    if (systemErrorName(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

async function collect(
  stream: AsyncIterable<Buffer>,
  bytesMax: number,
): Promise<Pick<CollectedResult, 'stdout' | 'stdoutExceeded'>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) break;
  }
  return { stdout: Buffer.concat(chunks).subarray(0, bytesMax), stdoutExceeded: bytes > bytesMax };
}
