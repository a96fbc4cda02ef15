/** Asks a person for a secret on the terminal; what is typed is not shown. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { LifeboatError } from '../error/lifeboat-error.ts';

/** Raises INTERRUPTED on Ctrl-C, and when the terminal is closed. */
export async function askSecret(question: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 });
  process.stderr.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => reject(cancelled()));
      lines.once('SIGINT', () => reject(cancelled()));
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

function cancelled(): LifeboatError {
  return new LifeboatError('INTERRUPTED', 'no password was typed', {
    hint: 'Run the command again, or set LIFEBOAT_PASSWORD_FILE.',
  });
}
