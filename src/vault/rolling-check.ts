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
 * The share for the time since the last run: those that were never read first, then by age, and all that would be too
 * old next time. Among them, but never instead of them, as many bytes again of packs that are suspected. Of those in an
 * archive class only one is tried, another each day: they would keep the others from being read.
 */
export function packsToReread({ sizes: all, ...question }: RollingQuestion): string[] {
  const { times, suspected, nowMs } = question;
  const isCold = (id: string): boolean => times.cold?.has(id) === true;
  const cold = [...all.keys()].filter(isCold).sort();
  const sizes = new Map([...all].filter(([id]) => !isCold(id)));
  const budget = bytesDue({ ...question, sizes });
  const trusted = new Map([...sizes].filter(([id]) => !suspected?.has(id)));
  const doubtful = [...sizes.keys()].filter((id) => suspected?.has(id)).sort();
  // a caller may cut the list short: what is first must not always be of the same kind
  return [
    ...alternating(
      shareOf({ ...question, sizes: trusted }, budget),
      upTo(budget, sizes, rotated(doubtful, nowMs)),
    ),
    ...rotated(cold, nowMs).slice(0, 1),
  ];
}

function bytesDue({ sizes, withinMs, ...question }: RollingQuestion): number {
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return Math.min(total, Math.floor((total * elapsedMsOf({ withinMs, ...question }) * margin) / withinMs));
}

function elapsedMsOf({ times, withinMs, nowMs }: Omit<RollingQuestion, 'sizes'>): number {
  return Math.min(withinMs, nowMs - (times.rollingAtMs ?? nowMs - dayMs));
}

function shareOf({ sizes, ...question }: RollingQuestion, budget: number): string[] {
  const { times, withinMs, nowMs } = question;
  const readAt = (id: string): number => times.packs.get(id) ?? Number.NEGATIVE_INFINITY;
  const oldestFirst = [...sizes.keys()].sort(
    (a, b) => compareNumbers(readAt(a), readAt(b)) || (a < b ? -1 : 1),
  );
  const untilNextMs = Math.max(elapsedMsOf(question), dayMs);
  const chosen: string[] = [];
  let bytes = 0;
  for (const id of oldestFirst) {
    const atMs = times.packs.get(id);
    const isLate = atMs !== undefined && nowMs + untilNextMs - atMs > withinMs;
    if (bytes >= budget && chosen.length > 0 && !isLate) {
      if (atMs !== undefined) break;
      continue;
    }
    chosen.push(id);
    bytes += sizes.get(id) ?? 0;
  }
  return chosen;
}

/** Begins with another one each day: what stays damaged has no age to go by. */
function rotated(ids: readonly string[], nowMs: number): readonly string[] {
  const start = Math.floor(nowMs / dayMs) % Math.max(1, ids.length);
  return [...ids.slice(start), ...ids.slice(0, start)];
}

/** At least one, where there is one. */
function upTo(budget: number, sizes: ReadonlyMap<string, number>, ids: readonly string[]): string[] {
  let bytes = 0;
  const end = ids.findIndex((id, at) => {
    bytes += sizes.get(id) ?? 0;
    return at > 0 && bytes > budget;
  });
  return ids.slice(0, end < 0 ? ids.length : end);
}

function alternating(first: readonly string[], second: readonly string[]): string[] {
  const length = Math.max(first.length, second.length);
  return Array.from({ length }, (_, at) => [first[at], second[at]])
    .flat()
    .filter((id) => id !== undefined);
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
