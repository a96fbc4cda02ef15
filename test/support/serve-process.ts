/** `lifeboat vault serve` as a process of its own, whose access log can be waited for. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type CliOptions, startCli } from '../e2e/cli-process.ts';

export interface ServeProcess extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/`. */
  readonly url: string;
  readonly port: string;
  readonly log: readonly LogLine[];
  /** Resolves when so many lines fit. */
  until(fits: (line: LogLine) => boolean, count?: number): Promise<void>;
  /** Gives the exit code, or nothing when a signal ended it. */
  stop(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): Promise<number | null>;
}

export type LogLine = Readonly<Record<string, unknown>>;

const waitMsMax = 60_000;

export async function startServing(options: CliOptions, ...words: readonly string[]): Promise<ServeProcess> {
  const child = startCli(options, 'vault', 'serve', ...words);
  const log: LogLine[] = [];
  const waiting = new Set<() => void>();
  const ended = once(child, 'close');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const value: unknown = JSON.parse(line);
    assert.ok(isLine(value));
    log.push(value);
    for (const look of [...waiting]) look();
  });
  const until: ServeProcess['until'] = async (fits, count = 1) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (log.filter(fits).length >= count) resolve();
    };
    const timer = setTimeout(() => reject(new Error(`it never came: ${said}`)), waitMsMax);
    void ended.then(() => reject(new Error(`the server ended: ${said}`)));
    waiting.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      waiting.delete(look);
    }
  };
  await until(({ type }) => type === 'listening');
  const url = String(log[0]?.['url']);
  const stop: ServeProcess['stop'] = async (signal) => {
    child.kill(signal);
    await ended;
    return child.exitCode;
  };
  return {
    url,
    port: new URL(url).port,
    log,
    until,
    stop,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) await stop('SIGKILL');
    },
  };
}

function isLine(value: unknown): value is LogLine {
  return typeof value === 'object' && value !== null;
}
