import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** A thread that finds what this one compiled: without it each would compile its modules anew, a fifth of a second each time. */
export function startThread(module: URL, options: WorkerOptions = {}): Worker {
  const folder = getCompileCacheDir();
  if (folder === undefined) return new Worker(module, options);
  // Node adds a folder for its version; and in the thread's environment alone, so that no program inherits it
  const env = { ...process.env, NODE_COMPILE_CACHE: dirname(folder) };
  return new Worker(module, { ...options, env });
}
