/** The real program on a terminal of its own, with a person who answers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { type CliOptions, environmentOf, program } from './cli-process.ts';

export interface TerminalRun {
  readonly exitCode: number | null;
  /** All that the person saw; what was typed is in it where the terminal echoed it. */
  readonly seen: string;
}

/** Each question is answered after it was asked. The environment gives no password. */
export async function onTerminal(
  options: CliOptions,
  words: readonly string[],
  answers: readonly (readonly [question: string, answer: string])[],
): Promise<TerminalRun> {
  const line = [process.execPath, program, ...words].map((word) => `'${word}'`).join(' ');
  const env = { ...environmentOf(options), LIFEBOAT_PASSWORD: undefined, TERM: 'dumb' };
  const child = spawn('script', ['-qec', line, '/dev/null'], { cwd: options.folder, env });
  let seen = '';
  const waiting = [...answers];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
    const [next] = waiting;
    if (next === undefined || !seen.endsWith(next[0])) return;
    waiting.shift();
    child.stdin.write(`${next[1]}\n`);
  });
  const exitCode = await new Promise<number | null>((done) => child.once('close', done));
  assert.deepEqual(waiting, [], seen);
  return { exitCode, seen };
}
