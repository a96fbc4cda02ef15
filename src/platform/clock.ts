/** The only places where time comes from. Everything else takes it as an argument. */

/** Wall clock: milliseconds since the epoch. It may be set back at any moment. */
export function nowMs(): number {
  return Date.now();
}

/** Wall clock: nanoseconds since the epoch, to the millisecond, which is as fine as Node tells. */
export function nowNs(): bigint {
  return BigInt(Date.now()) * nsPerMs;
}

/** For durations: milliseconds since an arbitrary moment, never going back. */
export function monotonicMs(): number {
  return performance.now();
}

const nsPerMs = 1_000_000n;
