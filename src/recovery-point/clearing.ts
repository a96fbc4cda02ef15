/**
 * When a person has cleared what pauses deletion. A clearing ends what is dated before it; but one that is itself dated
 * ahead ends nothing by its date, for it would hide all that comes until then. What is dated ahead is cleared by name.
 */
import type { PauseRecord } from '../evidence/vault-records.ts';
import { clockSkewToleratedMs } from './stored-time.ts';

/** A reason for a pause. */
export interface PauseCause {
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
  readonly recordId: string;
}

export interface Clearing {
  /** After all that it clears by its date: milliseconds since the epoch. */
  readonly atMs: number;
  /** Ids of records that are dated ahead. */
  readonly clears: readonly string[];
}

/** Tells what none of the clearings among `pauses` has ended by `nowMs`. */
export function isUncleared(pauses: readonly PauseRecord[], nowMs: number): (cause: PauseCause) => boolean {
  const clearings = pauses.filter(({ action }) => action === 'clear');
  const believed = clearings
    .map(({ endMs }) => endMs)
    .filter((endMs) => endMs <= nowMs + clockSkewToleratedMs);
  const clearedMs = Math.max(Number.NEGATIVE_INFINITY, ...believed);
  const named = new Set(clearings.flatMap(({ clears = [] }) => clears));
  return ({ sinceMs, recordId }) => sinceMs > clearedMs && !named.has(recordId);
}

/** What a clearing must say to end all of these, though the clocks of hosts differ. */
export function clearingFor(causes: readonly PauseCause[], nowMs: number): Clearing {
  const latestMs = nowMs + clockSkewToleratedMs;
  const known = causes.map(({ sinceMs }) => sinceMs).filter((sinceMs) => sinceMs < latestMs);
  return {
    atMs: Math.max(nowMs, ...known.map((sinceMs) => sinceMs + 1)),
    clears: causes.filter(({ sinceMs }) => sinceMs >= latestMs).map(({ recordId }) => recordId),
  };
}
