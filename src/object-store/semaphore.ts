import { assert } from '../error/assert.ts';

/** More waiting callers than this are a fault: whoever makes requests bounds how many are under way. */
const waitersMax = 100_000;

/** Lets `permits` callers in at once, the others in the order they came. */
export class Semaphore {
  #free: number;
  readonly #waiters = new Set<() => void>();

  constructor(permits: number) {
    assert(Number.isInteger(permits) && permits >= 1, 'a semaphore lets at least one in');
    this.#free = permits;
  }

  /** Runs `act` when it is its turn; a caller whose signal is aborted while it waits leaves the queue. */
  async run<T>(signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      return await act();
    } finally {
      this.#leave();
    }
  }

  #enter(signal: AbortSignal | undefined): Promise<void> | undefined {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return undefined;
    }
    assert(this.#waiters.size < waitersMax, 'the queue of a semaphore is bounded');
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#waiters.delete(admit);
        reject(signal?.reason);
      };
      this.#waiters.add(admit);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** The permit goes to the first in the queue directly, so that no newcomer can take it. */
  #leave(): void {
    const [first] = this.#waiters;
    if (first === undefined) {
      this.#free += 1;
    } else {
      this.#waiters.delete(first);
      first();
    }
  }
}
