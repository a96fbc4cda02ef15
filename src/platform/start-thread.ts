import { getCompileCacheDir } from 'node:module';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** A thread that finds what this one compiled: without it each would compile its modules anew, a fifth of a second each time. */
export function startThread(module: URL, options: WorkerOptions = {}): Worker {
  const folder = getCompileCacheDir();
  if (folder === undefined) return new Worker(module, options);
  // in the thread's environment alone: programs that are started must not inherit it
  return new Worker(module, { ...options, env: { ...process.env, NODE_COMPILE_CACHE: folder } });
}
