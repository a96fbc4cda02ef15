/** Runs the stock restic of this machine, the oracle for the repository format. */
import { existsSync } from 'node:fs';
import { runProgram } from '../../src/platform/child-process.ts';
import { environmentVariable } from '../../src/platform/environment.ts';

export interface ResticRun {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ResticOptions {
  readonly repository: string;
  readonly password?: string;
  /** A program other than the `restic` in PATH. */
  readonly program?: string;
  readonly timeoutMs?: number;
  readonly folder?: string;
  readonly stdin?: Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
}

export const testPassword = 'correct horse battery staple';
const timeoutMsDefault = 120_000;
const stdoutBytesMax = 256 * 1024 * 1024;

/** Under TZ=UTC, without cache. A non-zero exit is a value; `stderr` is its last 16 KiB. */
export async function runRestic(options: ResticOptions, ...values: readonly string[]): Promise<ResticRun> {
  const result = await runProgram(
    { kind: 'argv', file: options.program ?? 'restic', arguments: ['--no-cache', ...values] },
    {
      timeoutMs: options.timeoutMs ?? timeoutMsDefault,
      stdoutBytesMax,
      ...(options.folder === undefined ? {} : { folder: options.folder }),
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      environment: {
        TZ: 'UTC',
        RESTIC_REPOSITORY: options.repository,
        RESTIC_PASSWORD: options.password ?? testPassword,
        ...options.environment,
      },
    },
  );
  return { exitCode: result.exitCode, stdout: result.stdout.toString(), stderr: result.stderrTail };
}

/** As `runRestic`; raises with all that restic said when it does not exit with 0. */
export async function resticMustSucceed(
  options: ResticOptions,
  ...values: readonly string[]
): Promise<string> {
  const run = await runRestic(options, ...values);
  if (run.exitCode === 0) return run.stdout;
  throw new Error(`restic ${values.join(' ')} ended with ${run.exitCode}: ${run.stderr}${run.stdout}`);
}

/** A restic of 0.16 or newer (raw link targets), where the environment names one. */
export function newerRestic(): string | undefined {
  const path = environmentVariable('LIFEBOAT_TEST_RESTIC_NEW');
  return path !== undefined && existsSync(path) ? path : undefined;
}
