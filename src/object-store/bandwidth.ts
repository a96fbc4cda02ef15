import { monotonicMs } from '../platform/clock.ts';
import { sleep as sleepOnTheClock } from '../platform/timers.ts';
import type { ByteRange, ListedObject, ObjectStat, ObjectStore } from './object-store.ts';
import { type TokenBucket, tokenBucket } from './token-bucket.ts';
import { type Around, wrapAbilities } from './wrap-abilities.ts';

/** Absent: as much as there is. */
export interface BandwidthLimits {
  readonly uploadBytesPerSecond?: number;
  readonly downloadBytesPerSecond?: number;
}

export interface BandwidthClock {
  readonly nowMs: () => number;
  readonly sleep: (durationMs: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * Carries at most so many bytes a second in each direction, whatever is under way. A put waits before it is sent, a
 * get of a range before it is asked for; the size of a whole object is known only when it is there, so that get
 * waits before it gives the bytes. Requests without content pass at once.
 */
export function withBandwidth(
  inner: ObjectStore,
  limits: BandwidthLimits,
  clock: BandwidthClock = { nowMs: monotonicMs, sleep: sleepOnTheClock },
): ObjectStore {
  const up = bucketOf(limits.uploadBytesPerSecond, clock);
  const down = bucketOf(limits.downloadBytesPerSecond, clock);
  return {
    location: inner.location,
    facts: inner.facts,
    abilities: wrapAbilities(inner.abilities, carrying(up, down)),
    async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
      await up?.take(bytes.length, signal);
      await inner.put(key, bytes, signal);
    },
    async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
      if (range !== undefined) await down?.take(range.length, signal);
      const bytes = await inner.get(key, range, signal);
      if (range === undefined) await down?.take(bytes.length, signal);
      return bytes;
    },
    stat: (key: string, signal?: AbortSignal): Promise<ObjectStat> => inner.stat(key, signal),
    list: (prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject> => inner.list(prefix, signal),
    delete: (key: string, signal?: AbortSignal): Promise<void> => inner.delete(key, signal),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

function bucketOf(bytesPerSecond: number | undefined, clock: BandwidthClock): TokenBucket | undefined {
  return bytesPerSecond === undefined ? undefined : tokenBucket({ bytesPerSecond, ...clock });
}

function carrying(up: TokenBucket | undefined, down: TokenBucket | undefined): Around {
  return async (signal, act, { bytes }) => {
    if (bytes !== undefined) await up?.take(bytes.length, signal);
    const result = await act();
    if (Buffer.isBuffer(result)) await down?.take(result.length, signal);
    return result;
  };
}
