/** Runs one of PostgreSQL's own programs to its end; what it complains of becomes an error. */
import path from 'node:path';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { runProgram } from '../../../platform/child-process.ts';
import type { ClientEnvironment } from './client-environment.ts';
import type { ClientPrograms } from './client-programs.ts';

export interface ClientRun {
  readonly programs: ClientPrograms;
  readonly environment: ClientEnvironment;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const complaintLengthMax = 300;
const outputBytesMax = 256 * 1024 * 1024;

/**
 * Gives its output. `what` says for people what it was to do. Raises COMMAND_FAILED, COMMAND_TIMEOUT, DISK_FULL,
 * SOURCE_LOCKED.
 */
export async function runClient(
  run: ClientRun,
  name: 'pg_dump' | 'pg_dumpall' | 'pg_restore',
  values: readonly string[],
  what: string,
): Promise<string> {
  const { programs, environment, timeoutMs, signal } = run;
  const program = { kind: 'argv', file: path.join(programs.folder, name), arguments: values } as const;
  const result = await runProgram(program, {
    environment,
    timeoutMs,
    signal,
    stdoutBytesMax: outputBytesMax,
  });
  if (result.stdoutExceeded) throw failure('COMMAND_FAILED', what, `${name} wrote too much`, result);
  if (result.exitCode === 0 && !result.timedOut) return result.stdout.toString();
  const complaint = complaintOf(result.stderrTail);
  if (result.timedOut)
    throw failure('COMMAND_TIMEOUT', what, `${name} did not end within ${timeoutMs / 1000} s`, result);
  if (/No space left on device|Disk quota exceeded/.test(result.stderrTail))
    throw failure('DISK_FULL', what, complaint, result);
  if (/lock timeout|could not obtain lock/.test(result.stderrTail))
    throw failure('SOURCE_LOCKED', what, complaint, result);
  const how =
    result.exitCode === undefined
      ? `was ended by ${result.signal}`
      : `ended with exit code ${result.exitCode}`;
  throw failure('COMMAND_FAILED', what, `${name} ${how}${complaint === '' ? '' : `: ${complaint}`}`, result);
}

/** The first error: those that follow are of its making. */
function complaintOf(stderrTail: string): string {
  const lines = stderrTail.trim().split('\n');
  const line = lines.find((one) => /error:|FATAL:|ERROR:/.test(one)) ?? lines.at(-1) ?? '';
  return line.slice(0, complaintLengthMax);
}

const hints = {
  COMMAND_FAILED: 'Mend what it complains of and run this again.',
  COMMAND_TIMEOUT: 'Find out what it waits for, or give it more time.',
  DISK_FULL: 'Free space on the disk of the work folder, or set LIFEBOAT_STATE_DIR to a larger one.',
  SOURCE_LOCKED: 'Another session holds a table for itself, as a migration does: run this again after it.',
} as const;

function failure(
  code: keyof typeof hints,
  what: string,
  how: string,
  { exitCode, signal, stderrTail }: { exitCode: unknown; signal: unknown; stderrTail: string },
): LifeboatError {
  return new LifeboatError(code, `${what} failed: ${how}`, {
    hint: hints[code],
    retryable: code !== 'COMMAND_FAILED',
    details: { exitCode, signal, stderrTail },
  });
}
