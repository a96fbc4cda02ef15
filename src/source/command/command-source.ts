/**
 * The `command` source: what a program writes to standard output, as one file.
 *
 * The stream ends well only after the program's exit status is known to be 0; a failing program makes the stream raise
 * its error, so that no snapshot of half a dump is ever made. Messages name the stored file and not the command, which
 * may hold a password.
 */
import fs from 'node:fs';
import path from 'node:path';
import { assert } from '../../error/assert.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import {
  type Program,
  type ProgramResult,
  type RunningProgram,
  startProgram,
} from '../../platform/child-process.ts';
import { withoutPasswords } from '../../platform/environment.ts';
import { groupName, userName } from '../../platform/posix/accounts.ts';
import type { EntryMetadata } from '../entry-metadata.ts';
import type { Capture, CaptureEvent, Source, SourceFinding } from '../source.ts';
import { isRunnable } from './find-program.ts';

export interface CommandSourceOptions {
  /** A script for `sh -c`, or a program with its arguments. */
  readonly command: string | readonly string[];
  /** Name of the file; stored as `/command/<name>`. */
  readonly storedAs: string;
  readonly timeoutMs: number;
  /** Folder that the program starts in. */
  readonly cwd?: string;
  /** Changes to this process's environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Between asking the program to end and killing it. Default 5 s. */
  readonly graceMs?: number;
  /** Owner of the stored file. */
  readonly uid: number;
  readonly gid: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

/** The error shows this much of the program's last line of complaint. */
const complaintLengthMax = 300;

/** Raises SOURCE_INVALID for a name that is not one file's, and for no command at all. */
export function createCommandSource(options: CommandSourceOptions): Source {
  const program = programOf(options);
  return {
    description: `output of a command, as ${options.storedAs}`,
    async preflight(signal) {
      signal?.throwIfAborted();
      return findProblems(program, options);
    },
    async capture(signal) {
      signal?.throwIfAborted();
      return startCapture(program, options, signal);
    },
  };
}

function programOf({ command, storedAs }: CommandSourceOptions): Program {
  if (!/^[^/\0]+$/.test(storedAs) || storedAs === '.' || storedAs === '..') {
    throw new LifeboatError('SOURCE_INVALID', `"${storedAs}" cannot be the name of a file`, {
      hint: 'Give the output of the command a name without slashes, such as "dump.sql".',
    });
  }
  if (typeof command === 'string' && command.trim() !== '') return { kind: 'shell', script: command };
  const [file, ...rest] = typeof command === 'string' ? [] : command;
  if (file === undefined || file === '') {
    throw new LifeboatError('SOURCE_INVALID', `the command for "${storedAs}" is empty`, {
      hint: 'Write the program and its arguments, or a line for the shell.',
    });
  }
  return { kind: 'argv', file, arguments: rest };
}

function findProblems(
  program: Program,
  { cwd, env, storedAs }: CommandSourceOptions,
): readonly SourceFinding[] {
  const findings: SourceFinding[] = [];
  if (cwd !== undefined && !fs.statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    const hint = 'Create the folder, or correct it in the plan.';
    findings.push({
      severity: 'error',
      message: `"${cwd}", where the command starts, is not a folder`,
      hint,
    });
  }
  if (program.kind === 'argv' && !isRunnable(program.file, cwd, env)) {
    const message = `the program "${path.basename(program.file)}" for "${storedAs}" was not found`;
    findings.push({ severity: 'error', message, hint: 'Install it, or write its full path.' });
  }
  return findings;
}

interface Running {
  readonly stopping: AbortController;
  phase: 'waiting' | 'running' | 'done';
  bytes: number;
  started: Promise<RunningProgram> | undefined;
}

function startCapture(
  program: Program,
  options: CommandSourceOptions,
  signal: AbortSignal | undefined,
): Capture {
  const capturedAtMs = options.nowMs();
  const running: Running = {
    stopping: new AbortController(),
    phase: 'waiting',
    bytes: 0,
    started: undefined,
  };
  const signals = signal === undefined ? [running.stopping.signal] : [running.stopping.signal, signal];
  const open = (opened?: AbortSignal) => {
    const all = opened === undefined ? signals : [...signals, opened];
    return readOutput(program, options, running, AbortSignal.any(all));
  };
  return {
    events: oneFile(options, capturedAtMs, open, AbortSignal.any(signals)),
    async result() {
      assert(running.phase === 'done', 'the output was read to its end before the result was asked for');
      const none = { kind: 'none' } as const;
      const values = { bytes: running.bytes };
      return { start: none, end: none, capturedAtMs, values, problems: [], writerPauseMs: 0 };
    },
    async [Symbol.asyncDispose]() {
      running.stopping.abort(
        new LifeboatError('INTERRUPTED', `the capture of "${options.storedAs}" was disposed`),
      );
      // The reader may never come back, so that the program is ended here and not where its output is read.
      const [started] = await Promise.allSettled([running.started]);
      if (started.status === 'fulfilled') await started.value?.[Symbol.asyncDispose]();
    },
  };
}

async function* oneFile(
  options: CommandSourceOptions,
  nowMs: number,
  open: (signal?: AbortSignal) => AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<readonly CaptureEvent[], void> {
  signal.throwIfAborted();
  const { storedAs } = options;
  const content = { kind: 'stream', open } as const;
  yield [
    { kind: 'enter', name: Buffer.from('command'), metadata: madeMetadata(options, nowMs, 'dir') },
    { kind: 'entry', name: Buffer.from(storedAs), metadata: madeMetadata(options, nowMs, 'file'), content },
    { kind: 'leave' },
  ];
}

async function* readOutput(
  program: Program,
  options: CommandSourceOptions,
  running: Running,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  assert(running.phase === 'waiting', 'the output of a command is read once');
  running.phase = 'running';
  running.started = startProgram(program, {
    signal,
    timeoutMs: options.timeoutMs,
    ...(options.graceMs === undefined ? {} : { graceMs: options.graceMs }),
    ...(options.cwd === undefined ? {} : { folder: options.cwd }),
    environment: { ...withoutPasswords, ...options.env },
  });
  await using started = await running.started;
  for await (const chunk of started.stdout) {
    running.bytes += chunk.length;
    yield chunk;
  }
  assertSucceeded(await started.result, options);
  running.phase = 'done';
}

function assertSucceeded(result: ProgramResult, { storedAs, timeoutMs }: CommandSourceOptions): void {
  const { exitCode, signal, timedOut, stderrTail } = result;
  if (exitCode === 0 && !timedOut) return;
  const lastLine = stderrTail.trim().split('\n').at(-1)?.slice(0, complaintLengthMax) ?? '';
  const complaint = lastLine === '' ? '' : `: ${lastLine}`;
  const details = { exitCode, signal, stderrTail };
  if (timedOut) {
    const message = `the command for "${storedAs}" did not end within ${timeoutMs / 1000} s${complaint}`;
    const hint = 'Find out what it waits for, or give it more time in the plan. No snapshot was made.';
    throw new LifeboatError('COMMAND_TIMEOUT', message, { hint, details, retryable: true });
  }
  const how = exitCode === undefined ? `was ended by ${signal}` : `ended with exit code ${exitCode}`;
  throw new LifeboatError('COMMAND_FAILED', `the command for "${storedAs}" ${how}${complaint}`, {
    hint: 'Run the command by hand as the same user to see why. No snapshot was made.',
    details,
  });
}

/** The size of a stream is not known before its end, and stays 0 here. */
function madeMetadata(
  { uid, gid }: CommandSourceOptions,
  nowMs: number,
  type: 'file' | 'dir',
): EntryMetadata {
  const nowNs = BigInt(nowMs) * 1_000_000n;
  const mode = type === 'file' ? 0o100600 : 0o40700;
  return {
    type,
    mode,
    mtimeNs: nowNs,
    ctimeNs: nowNs,
    uid,
    gid,
    user: userName(uid),
    group: groupName(gid),
    size: 0,
  };
}
