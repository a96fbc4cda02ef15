/** What others see of prune: bytes are those of stored objects, times are milliseconds since the epoch. */
import type { EarlyDeletion } from './prune/early-deletion.ts';
import type { WorkProgress } from './work-progress.ts';

export interface PruneOptions {
  /** How long what is marked stays before it is removed. */
  readonly graceMs: number;
  /** How much may lie unused beside what is used before packs are rewritten. Default 5 %, as restic. */
  readonly maxUnused?: UnusedLimit;
  /** How long to wait for others to release the vault. Default 0. */
  readonly waitMs?: number;
  /** Ids of packs that may be damaged: of what lies elsewhere too, the other place is kept. Default none. */
  readonly suspectedPacks?: ReadonlySet<string>;
  /** Now. Default: the clock. */
  readonly nowMs?: number;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

/** A share of the whole, 0 to below 100, or bytes, which may be infinite. */
export type UnusedLimit = { readonly percent: number } | { readonly bytes: number };

/** What a prune would do at this moment. */
export interface PrunePreview {
  /** Bytes of blobs that snapshots need. */
  readonly usedBytes: number;
  /** Bytes that nobody needs and that stay, because removing them is not worth it. */
  readonly wastedBytes: number;
  readonly packs: readonly PrunablePack[];
  /** What would go before the time that its class of storage is billed for anyway. */
  readonly early: readonly EarlyDeletion[];
}

export interface PrunablePack {
  readonly id: string;
  /** `merge`: small, and put together with others; what it wastes is next to nothing. */
  readonly kind: 'unused' | 'rewrite' | 'merge' | 'unreferenced';
  /** `new`: would be marked now; `pending`: marked, its time has not come; `due`: marked, would be removed now. */
  readonly state: 'new' | 'pending' | 'due';
  /** What the vault gets back. */
  readonly bytes: number;
  /** What must be written again for it; 0 where the index knows another pack by this name, or none. */
  readonly rewriteBytes: number;
  /** When it may go; absent while the store keeps it without a date. */
  readonly removableAtMs?: number;
}

export interface PruneReport {
  readonly snapshots: number;
  readonly usedBytes: number;
  readonly wastedBytes: number;
  readonly marked: PackTotals;
  /** Removed by now: the difference in bytes, new packs counted. */
  readonly reclaimed: PackTotals;
  /** Bytes of the packs that were written for it. */
  readonly rewrittenBytes: number;
  /** Marked, and still there. */
  readonly pending: PackTotals;
  /** When the next of what is pending may go. */
  readonly removableAtMs?: number;
  /** Packs that were marked and are needed again. */
  readonly neededAgain: number;
  /** Packs that the store does not let go yet. */
  readonly retained: number;
}

export interface PackTotals {
  readonly packs: number;
  readonly bytes: number;
}
