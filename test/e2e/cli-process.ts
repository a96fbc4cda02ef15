/** Runs the real program as a child process. No run may print a secret, whatever it does. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

export const program = resolve(import.meta.dirname, '../../src/main.ts');
export const password = 'correct horse battery staple';

export interface CliRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Where state and caches go, and the current folder. */
  readonly folder: string;
  /** Changes to the environment; `undefined` takes a variable away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Must not appear in any output, besides the password. */
  readonly secrets?: readonly string[];
}

/** Runs to the end and looks for secrets in all that was printed. */
export async function cli(options: CliOptions, ...words: readonly string[]): Promise<CliRun> {
  const run = await ended(startCli(options, ...words));
  for (const secret of [password, ...(options.secrets ?? [])]) {
    assert.ok(!run.stdout.includes(secret), `standard output of ${words.join(' ')} holds a secret`);
    assert.ok(!run.stderr.includes(secret), `standard error of ${words.join(' ')} holds a secret`);
  }
  return run;
}

/** As `cli`; the exit code must be the one given. */
export async function cliEnds(
  exitCode: number,
  options: CliOptions,
  ...words: readonly string[]
): Promise<CliRun> {
  const run = await cli(options, ...words);
  assert.equal(run.exitCode, exitCode, `${words.join(' ')}: ${run.stderr}${run.stdout}`);
  return run;
}

export function startCli(options: CliOptions, ...words: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [program, ...words], { cwd: options.folder, env: environmentOf(options) });
}

export async function ended(child: ChildProcessWithoutNullStreams): Promise<CliRun> {
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  child.stdin.end();
  const exitCode = await new Promise<number | null>((done) => child.once('close', done));
  return { exitCode, ...output };
}

export function environmentOf({ folder, environment }: CliOptions): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: folder,
    LIFEBOAT_PASSWORD: password,
    LIFEBOAT_STATE_DIR: join(folder, 'state'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    ...environment,
  };
}

export type JsonLine = Readonly<Record<string, unknown>> & { readonly type: string };

/** Every line is an object with a type, and the last one says how it ended. */
export function jsonLines(run: CliRun): readonly JsonLine[] {
  const lines = run.stdout.trimEnd().split('\n').map(parseLine);
  const last = lines.at(-1);
  assert.ok(last?.type === 'summary' || last?.type === 'error', `ends with ${last?.type}: ${run.stdout}`);
  assert.equal(last['exit_code'], run.exitCode);
  return lines;
}

export function lastLine(run: CliRun): JsonLine {
  const last = jsonLines(run).at(-1);
  assert.ok(last);
  return last;
}

function parseLine(line: string): JsonLine {
  const value: unknown = JSON.parse(line);
  assert.ok(isJsonLine(value), `no type: ${line}`);
  return value;
}

function isJsonLine(value: unknown): value is JsonLine {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
