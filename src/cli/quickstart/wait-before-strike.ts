/** Time to look around before the disaster. */
import { monotonicMs } from '../../platform/clock.ts';
import { sleep } from '../../platform/timers.ts';

export type Patience =
  | { readonly kind: 'none' }
  /** Until Enter, or until the time is over. */
  | { readonly kind: 'limited'; readonly waitMs: number }
  /** Until Enter, or the end of the input. */
  | { readonly kind: 'enter' };

/** Rejects with the signal's reason. Standard input is given back as it was. */
export async function waitBeforeStrike(patience: Patience, signal: AbortSignal): Promise<number> {
  if (patience.kind === 'none') return 0;
  const startMs = monotonicMs();
  const done = new AbortController();
  const ends = AbortSignal.any([done.signal, signal]);
  const waits = [nextLine(ends), ...(patience.kind === 'limited' ? [sleep(patience.waitMs, ends)] : [])];
  try {
    await Promise.race(waits);
  } finally {
    done.abort();
    await Promise.allSettled(waits);
  }
  signal.throwIfAborted();
  return monotonicMs() - startMs;
}

async function nextLine(signal: AbortSignal): Promise<void> {
  const { stdin } = process;
  const { promise, resolve } = Promise.withResolvers<void>();
  const finish = () => resolve();
  stdin.on('data', finish).on('end', finish).on('error', finish);
  signal.addEventListener('abort', finish, { once: true });
  if (signal.aborted) finish();
  stdin.resume();
  await promise;
  stdin.off('data', finish).off('end', finish).off('error', finish);
  // else the open terminal or pipe would keep the process alive
  stdin.pause();
  stdin.unref?.();
}
