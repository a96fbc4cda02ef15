import { LifeboatError } from '../error/lifeboat-error.ts';
import { monotonicMs } from '../platform/clock.ts';
import { randomInt } from '../platform/random.ts';
import { sleep } from '../platform/timers.ts';
import type { ByteRange, ListedObject, ObjectStat, ObjectStore } from './object-store.ts';
import { wrapAbilities } from './wrap-abilities.ts';

export interface RetryOptions {
  /** Of one request, the first included. */
  readonly triesMax?: number;
  /** Of one request, waiting included; no try begins later. */
  readonly totalMsMax?: number;
  readonly sleep?: (durationMs: number, signal?: AbortSignal) => Promise<void>;
  readonly nowMs?: () => number;
  /** A number from 0 to 1. */
  readonly jitter?: () => number;
  /** Told before each wait, for progress; must not throw. */
  readonly onRetry?: (retry: Retry) => void;
}

export interface Retry {
  readonly error: LifeboatError;
  readonly delayMs: number;
  /** How many tries have failed. */
  readonly tries: number;
}

const triesMaxDefault = 10;
const totalMsMaxDefault = 15 * 60 * 1000;
const firstDelayMs = 1000;
const delayMsMax = 60 * 1000;

/**
 * Repeats requests that fail with `retryable`, after 1 s, 2 s, 4 s … each half to one and a half times that.
 * The last error is raised when tries or time are used up. A list that fails on its way is begun again and
 * yields only what it has not yielded yet.
 */
export function withRetry(inner: ObjectStore, options: RetryOptions = {}): ObjectStore {
  return {
    location: inner.location,
    facts: inner.facts,
    abilities: wrapAbilities(inner.abilities, (signal, act) => retried(options, signal, act)),
    put: (key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> =>
      retried(options, signal, () => inner.put(key, bytes, signal)),
    get: (key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> =>
      retried(options, signal, () => inner.get(key, range, signal)),
    stat: (key: string, signal?: AbortSignal): Promise<ObjectStat> =>
      retried(options, signal, () => inner.stat(key, signal)),
    list: (prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject> =>
      retriedList(inner, options, prefix, signal),
    delete: (key: string, signal?: AbortSignal): Promise<void> =>
      retried(options, signal, () => inner.delete(key, signal)),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

async function retried<T>(
  options: RetryOptions,
  signal: AbortSignal | undefined,
  act: () => Promise<T>,
): Promise<T> {
  const waitAfter = startPatience(options, signal);
  for (;;) {
    try {
      return await act();
    } catch (error) {
      await waitAfter(error);
    }
  }
}

async function* retriedList(
  inner: ObjectStore,
  options: RetryOptions,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedObject> {
  const yielded = new Set<string>();
  const waitAfter = startPatience(options, signal);
  for (;;) {
    try {
      for await (const object of inner.list(prefix, signal)) {
        if (!yielded.has(object.key)) {
          yielded.add(object.key);
          yield object;
        }
      }
      return;
    } catch (error) {
      await waitAfter(error);
    }
  }
}

/** Gives what is called after each failure: it waits, or raises the error when there is no sense in waiting. */
function startPatience(
  options: RetryOptions,
  signal: AbortSignal | undefined,
): (error: unknown) => Promise<void> {
  const { triesMax = triesMaxDefault, totalMsMax = totalMsMaxDefault } = options;
  const nowMs = options.nowMs ?? monotonicMs;
  const startMs = nowMs();
  let tries = 0;
  return async (error) => {
    tries += 1;
    const delayMs = delayAfter(tries, options.jitter ?? randomJitter);
    const outOfTime = nowMs() - startMs + delayMs > totalMsMax;
    if (!(error instanceof LifeboatError) || !error.retryable || tries >= triesMax || outOfTime) {
      throw error;
    }
    options.onRetry?.({ error, delayMs, tries });
    await (options.sleep ?? sleep)(delayMs, signal);
  };
}

function delayAfter(tries: number, jitter: () => number): number {
  const middleMs = Math.min(firstDelayMs * 2 ** (tries - 1), delayMsMax);
  return Math.round(middleMs * (0.5 + jitter()));
}

function randomJitter(): number {
  return randomInt(0, 1001) / 1000;
}
