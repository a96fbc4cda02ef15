/** Standard output and error as the rest of the command line sees them. */
import { systemErrorName } from '../error/lifeboat-error.ts';
import { isTerminal, type OutputStream, terminalColumns, wantsColour } from '../platform/terminal.ts';

export interface TextStream {
  readonly isTerminal: boolean;
  readonly wantsColour: boolean;
  columns(): number;
  /** Resolves when more may be written. What is written after the reader went away is dropped. */
  write(data: string | Uint8Array): Promise<void>;
  /** Aborted when the reader at the other end went away (EPIPE). */
  readonly closed: AbortSignal;
}

export function standardStream(name: OutputStream): TextStream {
  const stream = process[name];
  const closed = new AbortController();
  let failure: unknown;
  stream.on('error', (error) => {
    if (!isReaderGone(error)) failure = error;
    closed.abort();
  });
  return {
    isTerminal: isTerminal(name),
    wantsColour: wantsColour(name),
    columns: () => terminalColumns(name),
    closed: closed.signal,
    async write(data) {
      if (failure !== undefined) throw failure;
      if (closed.signal.aborted || stream.write(data)) return;
      await drained(stream, closed.signal);
    },
  };
}

function drained(stream: NodeJS.WriteStream, closed: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done);
      closed.removeEventListener('abort', done);
      resolve();
    };
    stream.once('drain', done);
    closed.addEventListener('abort', done, { once: true });
  });
}

function isReaderGone(error: unknown): boolean {
  return ['EPIPE', 'ERR_STREAM_DESTROYED'].includes(systemErrorName(error) ?? '');
}
