/** Says on standard error that a store is waited for, so that a still terminal is no riddle. */
import type { Retry } from '../object-store/retry.ts';
import type { Output } from './output.ts';

/** Many requests wait at once when a network is gone. */
const quietMs = 10_000;

/** `monotonicMs` is a clock for durations. */
export function reportRetries(output: Output, monotonicMs: () => number): (retry: Retry) => void {
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  return ({ error, delayMs }) => {
    if (monotonicMs() < quietUntilMs) return;
    quietUntilMs = monotonicMs() + quietMs;
    const seconds = Math.max(1, Math.round(delayMs / 1000));
    output.note(`${error.message}; trying again in ${seconds} s`);
  };
}
