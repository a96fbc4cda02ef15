/** Pseudo-random numbers that are the same on every run of one seed (mulberry32 by Tommy Ettinger, public domain). */
export interface SeededRandom {
  /** A whole number from 0 up to but not including `end`. */
  below(end: number): number;
  bytes(count: number): Buffer;
  pick<T>(items: readonly T[]): T;
}

export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (end: number): number => next() % end;
  const bytes = (count: number): Buffer => {
    const filled = Buffer.allocUnsafe(count);
    for (let offset = 0; offset < count; offset++) filled[offset] = next() & 0xff;
    return filled;
  };
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  return { below, bytes, pick };
}
