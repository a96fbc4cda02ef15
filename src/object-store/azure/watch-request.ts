/** Time limits of requests, and when it is too late to call one back. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { monotonicMs } from '../../platform/clock.ts';
import { every } from '../../platform/timers.ts';

export interface WatchLimits {
  /** Nothing moves in either direction for so long: the connection is taken for dead. */
  readonly silenceMsMax: number;
  /** How long the answer may take to something that can no longer be called back. */
  readonly answerMsMax: number;
  readonly lookEveryMs: number;
}

const usualLimits: WatchLimits = { silenceMsMax: 60_000, answerMsMax: 5_000, lookEveryMs: 1_000 };

export interface Watch {
  /** Give it to every request. */
  readonly signal: AbortSignal;
  /** Call it whenever bytes have moved. */
  readonly moved: () => void;
  /**
   * From now on the store may have all it needs to carry the request out, so an abort waits for its answer,
   * for some seconds: who is told "aborted" may rely on nothing having happened.
   */
  readonly committed: () => void;
}

/**
 * Gives what `act` gives. When nothing moves for a minute, its signal is aborted and STORE_UNAVAILABLE is raised;
 * when the caller's signal is aborted, its reason is.
 */
export async function watched<T>(
  signal: AbortSignal | undefined,
  act: (watch: Watch) => Promise<T>,
  { silenceMsMax, answerMsMax, lookEveryMs }: WatchLimits = usualLimits,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  let movedMs = monotonicMs();
  let waitMsMax = silenceMsMax;
  let isCommitted = false;
  const onAbort = (): void => {
    if (isCommitted) {
      waitMsMax = answerMsMax;
      movedMs = monotonicMs();
    } else controller.abort(signal?.reason);
  };
  const moved = (): void => {
    movedMs = monotonicMs();
  };
  const committed = (): void => {
    isCommitted = true;
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  using _looking = every(lookEveryMs, () => {
    if (monotonicMs() - movedMs > waitMsMax) controller.abort(silent(silenceMsMax));
  });
  try {
    return await act({ signal: controller.signal, moved, committed });
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

function silent(silenceMs: number): LifeboatError {
  const seconds = silenceMs / 1000;
  return new LifeboatError('STORE_UNAVAILABLE', `nothing came from the store for ${seconds} seconds`, {
    hint: 'Check the network to the storage account, then run the command again.',
    retryable: true,
  });
}
