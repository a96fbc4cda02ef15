import { spawn, spawnSync } from 'node:child_process';

export interface Finished {
  /** Zero when all is well; 127 when the program is not there. */
  readonly exitCode: number;
  readonly output: string;
}

/** Runs a program to its end and keeps what it says, both streams in one. */
export function runQuietly(program: string, args: readonly string[], cwd?: string): Finished {
  const done = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (done.error !== undefined) return { exitCode: 127, output: done.error.message };
  return { exitCode: done.status ?? 1, output: `${done.stdout}${done.stderr}` };
}

/** Runs a program with the terminal's own streams; resolves to its exit code. */
export function runLoudly(
  program: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    });
    child.once('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      resolve(127);
    });
    child.once('close', (code) => resolve(code ?? 1));
  });
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
