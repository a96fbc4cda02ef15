/** Starts a process that writes into an SQLite database without pause. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface WriterReport {
  /** Every row up to this number is committed. */
  readonly acknowledged: number;
  readonly longestStallMs: number;
}

export interface SqliteWriter extends AsyncDisposable {
  readonly processId: number;
  /** What the writer says after a commit that is still to come. */
  nextReport(): Promise<WriterReport>;
  /** kill -9: a log or a journal stays behind as it was at that moment. */
  kill(): Promise<void>;
}

export interface WriterOptions {
  readonly journal: 'wal' | 'delete' | 'truncate' | 'persist';
  /** Commits between two `wal_checkpoint(TRUNCATE)`; none when absent. */
  readonly checkpointEvery?: number;
  readonly fillingBytes?: number;
}

/** It has committed at least once when the promise resolves. */
export async function startSqliteWriter(path: string, options: WriterOptions): Promise<SqliteWriter> {
  const script = fileURLToPath(new URL('./sqlite-writer-process.ts', import.meta.url));
  const { journal, checkpointEvery = 0, fillingBytes = 64 } = options;
  const child = spawn(
    process.execPath,
    [script, path, journal, String(checkpointEvery), String(fillingBytes)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const nextReport = async (): Promise<WriterReport> => {
    const [line]: string[] = await Promise.race([once(lines, 'line'), failAtEnd(ended)]);
    return JSON.parse(line ?? '');
  };
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const writer = { processId: child.pid ?? 0, nextReport, kill, [Symbol.asyncDispose]: kill };
  await nextReport();
  return writer;
}

async function failAtEnd(ended: Promise<unknown>): Promise<never> {
  await ended;
  throw new Error('the writer ended by itself');
}
