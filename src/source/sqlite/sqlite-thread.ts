/** Starts a thread with one SQLite connection and speaks with it. */
import type { Worker } from 'node:worker_threads';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { siblingModule } from '../../platform/location.ts';
import { startThread } from '../../platform/start-thread.ts';
import { sqliteError } from './sqlite-failure.ts';
import type { OpenRequest, SqliteOperation, SqliteOperations, ThreadReply } from './sqlite-operations.ts';

export interface SqliteThread extends AsyncDisposable {
  /**
   * One after another, in the order of the calls. Raises SOURCE_LOCKED, SOURCE_DAMAGED, SOURCE_INVALID,
   * SOURCE_DENIED or DISK_FULL. A call that runs cannot be interrupted; disposal waits for it.
   */
  ask<K extends SqliteOperation>(
    operation: K,
    input: SqliteOperations[K]['input'],
  ): Promise<SqliteOperations[K]['output']>;
}

interface Waiting {
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

/** The connection is open when the promise resolves; disposing the thread closes it. */
export async function openSqliteThread(request: OpenRequest): Promise<SqliteThread> {
  const thread = speakWith(startThread(siblingModule(import.meta.url, './sqlite-worker')), request.path);
  try {
    await thread.ask('open', request);
    return thread;
  } catch (error) {
    await thread[Symbol.asyncDispose]();
    throw error;
  }
}

function speakWith(worker: Worker, path: string): SqliteThread {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended = false;
  worker.on('message', (reply: ThreadReply) => {
    const caller = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.kind === 'done') caller?.resolve(reply.output);
    else caller?.reject(sqliteError(path, reply.failure));
  });
  const end = (cause: unknown): void => {
    ended = true;
    for (const caller of waiting.values()) caller.reject(threadEnded(path, cause));
    waiting.clear();
  };
  worker.on('error', end);
  worker.on('exit', end);
  const ask: SqliteThread['ask'] = (operation, input) =>
    new Promise((resolve, reject) => {
      if (ended) return reject(threadEnded(path, undefined));
      lastId += 1;
      waiting.set(lastId, { resolve: (output) => resolve(output as never), reject });
      worker.postMessage({ id: lastId, operation, input });
    });
  return {
    ask,
    async [Symbol.asyncDispose]() {
      if (!ended) await ask('close', null);
      await worker.terminate();
    },
  };
}

function threadEnded(path: string, cause: unknown): LifeboatError {
  return new LifeboatError('INTERNAL', `the thread that reads database ${path} ended too early`, {
    hint: 'Run the command again; if it happens twice, report it with the output above.',
    cause,
  });
}
