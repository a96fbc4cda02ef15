/**
 * A server that runs on a restored copy: started as an unprivileged user, reached by a unix socket only, heard through
 * its own log, and stopped with whatever it started. It ends with this process, unless that is killed with SIGKILL: then
 * it runs on, and is ended when its folder is removed as a leftover.
 */
import path from 'node:path';
import { LifeboatError, systemErrorName } from '../../../error/lifeboat-error.ts';
import { startProgram } from '../../../platform/child-process.ts';
import { withoutPasswords } from '../../../platform/environment.ts';
import { sleep } from '../../../platform/timers.ts';
import type { PostgresAddress } from '../wire/address.ts';
import { connectPostgres, type PostgresConnection } from '../wire/connection.ts';
import type { ServerPrograms } from './find-server.ts';
import type { ServerUser } from './server-user.ts';
import { hear, noWords, type ServerWords } from './server-words.ts';

export interface SandboxOptions {
  readonly programs: ServerPrograms;
  readonly data: string;
  /** A whole configuration; the one in the data directory is not read, but for `postgresql.auto.conf`. */
  readonly configFile: string;
  readonly socket: string;
  readonly port: number;
  readonly user: ServerUser | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SandboxServer extends AsyncDisposable {
  readonly pid: number;
  readonly words: () => ServerWords;
  /** The last lines that it said. */
  readonly lastLines: () => readonly string[];
  readonly hasEnded: () => boolean;
  readonly address: (database: string) => PostgresAddress;
  connect(database: string, signal?: AbortSignal): Promise<PostgresConnection>;
  /** Waits until `isReached` says so of its words; looks again with every line, and now and then. Raises RECOVERY_FAILED when it ends. */
  waitFor(
    what: string,
    isReached: (words: ServerWords) => boolean,
    signal?: AbortSignal,
  ): Promise<ServerWords>;
  stop(): Promise<void>;
}

/** The superuser of the copy may have another name: the caller finds it. */
const usualSuperuser = 'postgres';
const linesKept = 200;
const lineCharsMax = 8192;
const lookMs = 20;
const connectMs = 30_000;
const fastStopMs = 20_000;
const immediateStopMs = 10_000;

export async function startSandbox(
  options: SandboxOptions,
  superuser = usualSuperuser,
): Promise<SandboxServer> {
  const program = path.join(options.programs.folder, 'postgres');
  const values = ['-D', options.data, '-c', `config_file=${options.configFile}`];
  const running = await startProgram(
    // Its log comes over standard error, of which only the end would be kept.
    { kind: 'argv', file: '/bin/sh', arguments: ['-c', 'exec "$0" "$@" 2>&1', program, ...values] },
    {
      folder: options.data,
      runsAs: options.user,
      environment: { ...withoutPasswords, LC_ALL: 'C', TZ: 'UTC', PGDATA: undefined, PGPORT: undefined },
      graceMs: immediateStopMs,
      signal: options.signal,
    },
  );
  const heard = listen(running.stdout);
  let isOver = false;
  const ended = running.result.then(
    () => undefined,
    () => undefined,
  );
  void ended.then(() => {
    isOver = true;
  });
  const address = (database: string): PostgresAddress => ({
    ...{
      host: options.socket,
      port: options.port,
      database,
      user: superuser,
      tls: false,
      timeoutMs: connectMs,
    },
  });
  const stop = async (): Promise<void> => {
    for (const [signal, waitMs] of [
      ['SIGINT', fastStopMs],
      ['SIGQUIT', immediateStopMs],
    ] as const) {
      if (isOver) return;
      tell(running.pid, signal);
      await endsWithin(ended, waitMs);
    }
    await running[Symbol.asyncDispose]();
  };
  return {
    pid: running.pid,
    words: heard.words,
    lastLines: heard.lines,
    hasEnded: () => isOver,
    address,
    connect: (database, signal) =>
      connectPostgres(address(database), { applicationName: 'lifeboat sandbox', signal }),
    waitFor: async (what, isReached, signal) => {
      for (;;) {
        const words = heard.words();
        if (isReached(words)) return words;
        if (isOver) throw failed(what, words, heard.lines());
        await sleep(lookMs, signal);
      }
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Heard {
  readonly words: () => ServerWords;
  readonly lines: () => readonly string[];
}

function listen(stdout: AsyncIterable<Buffer>): Heard {
  let words = noWords;
  let rest = '';
  const lines: string[] = [];
  const take = (line: string): void => {
    words = hear(words, line);
    lines.push(line);
    if (lines.length > linesKept) lines.shift();
  };
  const read = async (): Promise<void> => {
    for await (const piece of stdout) {
      const parts = (rest + piece.toString('utf8')).split('\n');
      rest = (parts.pop() ?? '').slice(-lineCharsMax);
      for (const line of parts) take(line.slice(0, lineCharsMax));
    }
    if (rest !== '') take(rest);
  };
  // A pipe that breaks tells no more than its end: that the server is gone shows in its result.
  read().catch(() => undefined);
  return { words: () => words, lines: () => lines };
}

function failed(what: string, words: ServerWords, lines: readonly string[]): LifeboatError {
  const reason = words.fatal.at(-1) ?? lines.findLast((line) => line.trim() !== '') ?? 'it said nothing';
  return new LifeboatError('RECOVERY_FAILED', `the server ended before ${what}: ${reason}`, {
    hint: 'Nothing was opened. What the server said last stands in the details.',
    details: { fatal: words.fatal, lastLines: lines.slice(-20) },
  });
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemErrorName(error) !== 'ESRCH') throw error;
  }
}

async function endsWithin(ended: Promise<void>, waitMs: number): Promise<void> {
  const over = new AbortController();
  await Promise.race([ended, sleep(waitMs, over.signal).catch(() => undefined)]);
  over.abort();
}
