/** What the probes of a store share. */
import type { StoreProbe } from '../evidence/vault-records.ts';
import type { ObjectStore } from '../object-store/object-store.ts';

export const probePrefix = 'lifeboat/probe/';

export interface ProveStoreOptions {
  /** This machine is only meant to add: then what is refused is right, and what is allowed is wrong. */
  readonly appendOnly: boolean;
  /** Whether the plan wants the store to keep anybody from deleting. */
  readonly wantsRetention: boolean;
  readonly nowMs: () => number;
  readonly sleep?: (durationMs: number, signal?: AbortSignal) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** What the single probes share. */
export interface Proving extends ProveStoreOptions {
  readonly store: ObjectStore;
  readonly sleep: (durationMs: number, signal?: AbortSignal) => Promise<void>;
  /** A new key for a probe; it is removed in the end. */
  readonly newKey: () => string;
}

export type ProbeFinding = Omit<StoreProbe, 'name'>;

export const passed: ProbeFinding = { verdict: 'pass' };

export function failedBecause(message: string): ProbeFinding {
  return { verdict: 'fail', message };
}

/** As the store lists it now. */
export async function isListed({ store, signal }: Proving, key: string): Promise<boolean> {
  for await (const listed of store.list(key, signal)) if (listed.key === key) return true;
  return false;
}
