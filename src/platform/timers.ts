/** Waiting, with an end in sight. */
import { assert } from '../error/assert.ts';

/** setTimeout takes no more; beyond it, it would fire at once. */
const timerMsMax = 2 ** 31 - 1;

/** Resolves after the time; rejects with the signal's reason as soon as it is aborted, leaving no timer. */
export async function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  let restMs = durationMs;
  for (; restMs > timerMsMax; restMs -= timerMsMax) await sleepOnce(timerMsMax, signal);
  await sleepOnce(restMs, signal);
}

function sleepOnce(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, durationMs);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Lets what came from outside meanwhile be taken up: bytes from the network, messages of threads. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Ends the repetition. Disposed asynchronously, it also waits for the call in flight. */
export interface Repetition extends Disposable, AsyncDisposable {}

/**
 * Calls `act` once per interval, the first time after one; never twice at once, a call that is due while one
 * runs is left out. It does not keep the process alive. `act` must handle its own errors: a rejection is an
 * unhandled one and ends the process.
 */
export function every(intervalMs: number, act: () => void | Promise<void>): Repetition {
  assert(intervalMs > 0 && intervalMs <= timerMsMax, 'the interval fits a timer');
  let running: Promise<void> | undefined;
  const run = async () => {
    try {
      await act();
    } finally {
      running = undefined;
    }
  };
  const timer = setInterval(() => {
    running ??= run();
  }, intervalMs);
  timer.unref();
  return {
    [Symbol.dispose]: () => clearInterval(timer),
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

export interface TimeLimit {
  readonly timeoutMs: number;
  /** What is raised when the time is over. */
  readonly timeoutError: () => Error;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives what `work` gives. When the time is over, the signal given to the work is aborted and the limit's
 * error is raised at once; what the work does then is its own affair, its result is dropped.
 */
export async function withTimeout<T>(
  limit: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  limit.signal?.throwIfAborted();
  const over = new AbortController();
  const done = new AbortController();
  const signal = limit.signal === undefined ? over.signal : AbortSignal.any([limit.signal, over.signal]);
  const timer = setTimeout(() => over.abort(limit.timeoutError()), limit.timeoutMs);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: done.signal });
  });
  try {
    return await Promise.race([work(signal), aborted]);
  } finally {
    clearTimeout(timer);
    done.abort();
  }
}
