/** Every byte of a vault is read again within so many days, a share at a time: which packs now, and how far it is. Pure. */
import type { ReadTimes } from './read-packs.ts';

export const rereadWithinMsDefault = 30 * 24 * 60 * 60 * 1000;
const dayMs = 24 * 60 * 60 * 1000;
/** A little more than the share that is due, so that packs of uneven sizes and late runs leave no gap. */
const margin = 1.1;

export interface RollingQuestion {
  /** Bytes of all packs, by id. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly times: ReadTimes;
  /** Packs that were found damaged and are not known to be mended. */
  readonly suspected?: ReadonlySet<string>;
  readonly withinMs: number;
  readonly nowMs: number;
}

export interface Coverage {
  readonly withinMs: number;
  /** Of packs that were read and found right within that time and are not suspected, and of all packs. */
  readonly bytes: number;
  readonly ofBytes: number;
}

/**
 * The share for the time since the last run, suspected ones first, then those that were never read, then by age; and all that would be too old next
 * time. Of those in an archive class only one is tried, another each day: they would keep the others from being read.
 */
export function packsToReread({ sizes: all, ...question }: RollingQuestion): string[] {
  const { times, nowMs } = question;
  const cold = [...all.keys()].filter((id) => times.cold?.has(id)).sort();
  const sizes = new Map([...all].filter(([id]) => !times.cold?.has(id)));
  const tried = cold[Math.floor(nowMs / dayMs) % Math.max(1, cold.length)];
  return [...shareOf({ ...question, sizes }), ...(tried === undefined ? [] : [tried])];
}

function shareOf({ sizes, times, suspected, withinMs, nowMs }: RollingQuestion): string[] {
  const elapsedMs = Math.min(withinMs, nowMs - (times.rollingAtMs ?? nowMs - dayMs));
  const readAt = (id: string): number => times.packs.get(id) ?? Number.NEGATIVE_INFINITY;
  const turn = (id: string): number => (suspected?.has(id) ? 0 : 1);
  const oldestFirst = [...sizes.keys()].sort(
    (a, b) => turn(a) - turn(b) || compareNumbers(readAt(a), readAt(b)) || (a < b ? -1 : 1),
  );
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const budget = Math.min(total, Math.floor((total * elapsedMs * margin) / withinMs));
  const chosen: string[] = [];
  let bytes = 0;
  for (const id of oldestFirst) {
    const atMs = times.packs.get(id);
    const isLate = atMs !== undefined && nowMs + Math.max(elapsedMs, dayMs) - atMs > withinMs;
    if (bytes >= budget && chosen.length > 0 && !isLate) {
      if (atMs !== undefined && turn(id) > 0) break;
      continue;
    }
    chosen.push(id);
    bytes += sizes.get(id) ?? 0;
  }
  return chosen;
}

export function coverageOf({ sizes, times, suspected, withinMs, nowMs }: RollingQuestion): Coverage {
  let [bytes, ofBytes] = [0, 0];
  for (const [id, size] of sizes) {
    ofBytes += size;
    const atMs = times.packs.get(id);
    if (atMs !== undefined && nowMs - atMs <= withinMs && !suspected?.has(id)) bytes += size;
  }
  return { withinMs, bytes, ofBytes };
}

/** Rounded down, so that 100 means all of it. */
export function coveragePercent({ bytes, ofBytes }: Coverage): number {
  return ofBytes === 0 ? 100 : Math.floor((bytes * 1000) / ofBytes) / 10;
}

function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
