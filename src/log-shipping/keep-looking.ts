/** What goes on beside the stream: heartbeats into the log, and looks at what the server keeps for us. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import { sleep } from '../platform/timers.ts';
import { changedMode } from './mode-machine.ts';
import { type Shipping, tell } from './shipping-state.ts';

export async function keepBeating(shipping: Shipping, signal: AbortSignal): Promise<never> {
  const { options, heartbeats } = shipping;
  const { source, clock, heartbeatMs } = options;
  for (;;) {
    if (shipping.stream !== undefined) {
      // before the server is asked: what was committed by then ends before the heartbeat
      const sentAtMs = clock.nowMs();
      const sentAtMonotonicMs = clock.monotonicMs();
      await unlessOurs(signal, async () => {
        heartbeats.sent(await source.beat(signal), sentAtMs, sentAtMonotonicMs);
        shipping.progress.ring();
      });
    }
    await sleep(shipping.stream === undefined ? Math.min(heartbeatMs, firstBeatMs) : heartbeatMs, signal);
  }
}

/** A stream that has just begun gets its first heartbeat soon. */
const firstBeatMs = 100;

export async function keepLooking(shipping: Shipping, signal: AbortSignal): Promise<never> {
  const { options, timing } = shipping;
  for (let isLost = false; ; ) {
    await sleep(timing.healthMs, signal);
    const { mode } = shipping;
    await unlessOurs(signal, async () => {
      shipping.health = await options.source.health(signal);
      // what was asked for meanwhile, the answer may know or not
      if (shipping.mode.sinceMs === mode.sinceMs) believe(shipping, shipping.health.isWaiting);
    });
    const hold = shipping.health?.hold;
    const wasLost = isLost;
    isLost = hold === 'lost' || hold === 'missing';
    if (isLost && !wasLost && hold !== undefined) tell(shipping, { kind: 'lost', hold });
  }
}

/**
 * Somebody else may have told the server not to wait: then nothing is protected, whatever we asked for. Or it waits, and
 * could not be asked when we began.
 */
function believe(shipping: Shipping, isWaiting: boolean): void {
  const { options, mode } = shipping;
  if (options.mode.kind !== 'sync' || isWaiting === (mode.kind === 'protected')) return;
  shipping.mode = changedMode(isWaiting ? 'protect' : 'degrade', options.clock.monotonicMs());
  if (isWaiting) return;
  const at = { branch: shipping.branch ?? '', at: shipping.acknowledged ?? 0n };
  tell(shipping, { kind: 'degraded', at, waitedMs: 0 });
}

/** A server that does not answer is told of by the stream. */
async function unlessOurs(signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LifeboatError) || error.code === 'ASSERTION') throw error;
  }
}
