/**
 * How many bytes of objects are in memory at once: the port of stores takes and gives whole buffers, so requests wait
 * for room before their bytes are read, in the order they came.
 */
import { assert } from '../error/assert.ts';

export interface ByteBudget {
  /** Runs `act` as soon as so many bytes fit. Raises the reason of a signal that is aborted while it waits. */
  run<T>(bytes: number, signal: AbortSignal, act: () => Promise<T>): Promise<T>;
}

interface Waiter {
  readonly bytes: number;
  readonly admit: () => void;
}

export function createByteBudget(bytesMax: number): ByteBudget {
  let free = bytesMax;
  const waiters = new Set<Waiter>();
  const admitNext = () => {
    for (const waiter of waiters) {
      if (waiter.bytes > free) return;
      free -= waiter.bytes;
      waiters.delete(waiter);
      waiter.admit();
    }
  };
  const enter = async (bytes: number, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const giveUp = () => {
        waiters.delete(waiter);
        reject(signal.reason);
        admitNext();
      };
      const waiter: Waiter = {
        bytes,
        admit: () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      signal.addEventListener('abort', giveUp, { once: true });
      waiters.add(waiter);
      admitNext();
    });
  };
  return {
    async run(bytes, signal, act) {
      assert(bytes <= bytesMax, 'what is waited for can ever fit');
      await enter(bytes, signal);
      try {
        return await act();
      } finally {
        free += bytes;
        admitNext();
      }
    },
  };
}
