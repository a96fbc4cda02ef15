import { withAdaptiveLimit } from './adaptive-limit.ts';
import { appendOnly } from './append-only.ts';
import { withBandwidth } from './bandwidth.ts';
import { type CountedStore, withCounts } from './count.ts';
import { withLimit } from './limit.ts';
import type { ObjectStore } from './object-store.ts';

export interface StoreComposition {
  /** Nothing is replaced, and nothing but locks is deleted. */
  readonly appendOnly?: boolean;
  readonly limits?: {
    readonly uploadBytesPerSecond?: number;
    readonly downloadBytesPerSecond?: number;
    /** At most so many requests at once; absent: as many as turn out to be worth making. */
    readonly connections?: number;
  };
}

/** Fewer would leave a network store waiting for its own latency. */
const connectionsMin = 2;
/** More than this no adapter keeps open. */
const connectionsMax = 32;

/**
 * An adapter as the program uses it. From the inside: counts, so that every try is counted as it is paid for; a limit
 * of requests, which finds itself where a network lies between; bandwidth, so that waiting for it takes no other's
 * place; append-only. Retries belong around it: each try is limited and counted like any request.
 */
export function composeStore(adapter: ObjectStore, composition: StoreComposition = {}): CountedStore {
  const { limits = {} } = composition;
  const counted = withCounts(adapter);
  const limited = withConnections(counted, limits.connections);
  const paced = isLimited(limits) ? withBandwidth(limited, limits) : limited;
  const adding = composition.appendOnly ? appendOnly(paced) : paced;
  return { ...adding, counts: counted.counts };
}

function withConnections(store: ObjectStore, connections: number | undefined): ObjectStore {
  const isOnThisMachine = store.facts.directory !== undefined;
  if (isOnThisMachine) return withLimit(store, connections ?? store.facts.connections);
  const max = connections ?? connectionsMax;
  return withAdaptiveLimit(store, { min: Math.min(connectionsMin, max), max });
}

function isLimited({
  uploadBytesPerSecond,
  downloadBytesPerSecond,
}: NonNullable<StoreComposition['limits']>) {
  return uploadBytesPerSecond !== undefined || downloadBytesPerSecond !== undefined;
}
