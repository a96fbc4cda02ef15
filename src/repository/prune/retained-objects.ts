/** Which objects the store itself keeps from being deleted, and which cannot be read without being thawed. */
import { hasCode } from '../../error/lifeboat-error.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { forEachLimited } from '../for-each-limited.ts';

/** Until when, in milliseconds since the epoch; `forever` without a date. */
export type Retained = ReadonlyMap<string, number | 'forever'>;

/** Of these keys, those that are kept longer than now. A store without the ability keeps none. */
export async function retainedObjects(
  store: ObjectStore,
  keys: Iterable<string>,
  nowMs: number,
  signal?: AbortSignal,
): Promise<Retained> {
  const { retention } = store.abilities;
  const retained = new Map<string, number | 'forever'>();
  if (retention === undefined) return retained;
  await forEachLimited(keys, store.facts.connections, async (key) => {
    const state = await ifThere(() => retention.retentionOf(key, signal));
    if (state === undefined) return;
    if (state.legalHold) retained.set(key, 'forever');
    else if (state.untilMs !== undefined && state.untilMs > nowMs) retained.set(key, state.untilMs);
  });
  return retained;
}

/** Of these keys, those that cannot be read now. */
export async function coldObjects(
  store: ObjectStore,
  keys: Iterable<string>,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { thaw } = store.abilities;
  const cold = new Set<string>();
  if (thaw === undefined) return cold;
  await forEachLimited(keys, store.facts.connections, async (key) => {
    const state = await ifThere(() => thaw.stateOf(key, signal));
    if (state !== undefined && state.kind !== 'ready') cold.add(key);
  });
  return cold;
}

async function ifThere<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING')) return undefined;
    throw error;
  }
}
