import { assert } from '../error/assert.ts';

/** More waiting callers than this are a fault: whoever makes requests bounds how many are under way. */
const waitersMax = 100_000;

/** Lets `permits` callers in at once, the others in the order they came. */
export class Semaphore {
  #permits: number;
  #inside = 0;
  readonly #waiters = new Set<() => void>();

  constructor(permits: number) {
    assertPermits(permits);
    this.#permits = permits;
  }

  /** How many wait to be let in. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** With fewer permits, those who are inside stay; nobody else comes in until enough of them have left. */
  resize(permits: number): void {
    assertPermits(permits);
    this.#permits = permits;
    this.#admit();
  }

  /** Runs `act` when it is its turn; a caller whose signal is aborted while it waits leaves the queue. */
  async run<T>(signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      return await act();
    } finally {
      this.#inside -= 1;
      this.#admit();
    }
  }

  #enter(signal: AbortSignal | undefined): Promise<void> | undefined {
    signal?.throwIfAborted();
    if (this.#inside < this.#permits && this.#waiters.size === 0) {
      this.#inside += 1;
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
  #admit(): void {
    for (const first of this.#waiters) {
      if (this.#inside >= this.#permits) return;
      this.#waiters.delete(first);
      this.#inside += 1;
      first();
    }
  }
}

function assertPermits(permits: number): void {
  assert(Number.isInteger(permits) && permits >= 1, 'a semaphore lets at least one in');
}
