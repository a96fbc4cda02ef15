/** Runs one command in a process of its own and says what it took: wall time, processor time, peak memory. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

export interface Command {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface Figures {
  readonly wallS: number;
  /** User and system time of the command and of what it waited for. */
  readonly cpuS: number;
  readonly peakMb: number;
  readonly stdout: string;
}

const outputBytesMax = 64 * 1024 * 1024;

/** Raises when the command exits with another code than 0, or those that count as done as well. */
export function measure(command: Command, alsoDone: readonly number[] = []): Figures {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(import.meta.dirname, 'measured-child.ts'), command.file, ...command.arguments],
    { env: { ...process.env, ...command.environment }, encoding: 'utf8', maxBuffer: outputBytesMax },
  );
  const [last = '', ...before] = stderr.trimEnd().split('\n').reverse();
  if (status !== 0 && !alsoDone.includes(status ?? 0)) {
    throw new Error(
      `${command.file} ${command.arguments.join(' ')} ended with ${status}:\n${stderr}${stdout}`,
    );
  }
  const figures: unknown = JSON.parse(last);
  if (!isFigures(figures)) throw new Error(`no figures after ${before.join('\n')}`);
  return { ...figures, stdout };
}

function isFigures(value: unknown): value is Omit<Figures, 'stdout'> {
  return (
    typeof value === 'object' && value !== null && 'wallS' in value && 'cpuS' in value && 'peakMb' in value
  );
}
