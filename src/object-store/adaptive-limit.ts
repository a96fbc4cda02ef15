import { hasCode } from '../error/lifeboat-error.ts';
import { monotonicMs } from '../platform/clock.ts';
import { type ConcurrencyPilot, concurrencyPilot, type PilotBounds } from './concurrency-pilot.ts';
import { limitedList } from './limit.ts';
import type { ByteRange, ListedObject, ObjectStat, ObjectStore } from './object-store.ts';
import { Semaphore } from './semaphore.ts';
import { type Around, wrapAbilities } from './wrap-abilities.ts';

export interface AdaptiveLimitOptions extends PilotBounds {
  readonly nowMs?: () => number;
  /** Told each new limit; must not throw. */
  readonly onLimit?: (limit: number) => void;
}

/**
 * As `withLimit`, with a limit that finds itself between `min` and `max`: it grows while more requests at once carry
 * more, and is halved when the store cannot keep up, which a retryable STORE_UNAVAILABLE says.
 */
export function withAdaptiveLimit(inner: ObjectStore, options: AdaptiveLimitOptions): ObjectStore {
  const pilot = concurrencyPilot(options);
  const semaphore = new Semaphore(pilot.limit());
  const limited = piloted(pilot, semaphore, options);
  return {
    location: inner.location,
    facts: { ...inner.facts, connections: options.max },
    abilities: wrapAbilities(inner.abilities, limited),
    put: (key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> =>
      limited(signal, () => inner.put(key, bytes, signal), { operation: 'put', key, bytes }),
    get: (key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> =>
      limited(signal, () => inner.get(key, range, signal), { operation: 'get', key }),
    stat: (key: string, signal?: AbortSignal): Promise<ObjectStat> =>
      limited(signal, () => inner.stat(key, signal), { operation: 'stat', key }),
    list: (prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject> =>
      limitedList(semaphore, inner.list(prefix, signal), signal),
    delete: (key: string, signal?: AbortSignal): Promise<void> =>
      limited(signal, () => inner.delete(key, signal), { operation: 'delete', key }),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

function piloted(
  pilot: ConcurrencyPilot,
  semaphore: Semaphore,
  { nowMs = monotonicMs, onLimit }: AdaptiveLimitOptions,
): Around {
  let limit = pilot.limit();
  const follow = (): void => {
    if (pilot.limit() === limit) return;
    limit = pilot.limit();
    semaphore.resize(limit);
    onLimit?.(limit);
  };
  return (signal, act, { bytes: sent }) =>
    semaphore.run(signal, async () => {
      const startedAtMs = nowMs();
      try {
        const result = await act();
        const bytes = (sent?.length ?? 0) + (Buffer.isBuffer(result) ? result.length : 0);
        pilot.ended({ startedAtMs, endedAtMs: nowMs(), bytes, wasHeldBack: semaphore.waiting > 0 });
        return result;
      } catch (error) {
        if (hasCode(error, 'STORE_UNAVAILABLE') && error.retryable) pilot.throttled(startedAtMs, nowMs());
        throw error;
      } finally {
        follow();
      }
    });
}
