/** Carries out what `mode-machine.ts` decides: asks the server to let commits wait for us, or no longer. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import { sleep } from '../platform/timers.ts';
import { changedMode, type ModeFacts, type ModeWish, nextMode } from './mode-machine.ts';
import { isAway } from './ship-branch.ts';
import { type Shipping, tell } from './shipping-state.ts';

const tickMs = 100;
/** Where no commit waits, only what is told hangs on it. */
const patientTickMs = 500;
/** After a server that could not be asked. */
const askAgainMs = 1000;

export async function followMode(shipping: Shipping, signal: AbortSignal): Promise<never> {
  const away = new Map<string, number>();
  const lagging = new Set<string>();
  const everyMs = shipping.options.mode.kind === 'sync' ? tickMs : patientTickMs;
  for (;;) {
    await sleep(everyMs, signal);
    tellAway(shipping, away);
    tellLag(shipping, lagging);
    if (shipping.options.mode.kind !== 'sync') continue;
    const { state, wish } = nextMode(shipping.mode, factsOf(shipping));
    shipping.mode = state;
    if (wish !== 'none' && !(await ask(shipping, wish, signal))) await sleep(askAgainMs, signal);
  }
}

/** Nearer to the end of the server's log than this is all of it but the newest. */
const nearBytes = 1024n * 1024n;

function factsOf(shipping: Shipping): ModeFacts {
  const { options, timing, stream, serverEnd, received } = shipping;
  const { mode } = options;
  const degradeAfterMs = mode.kind === 'sync' ? mode.degradeAfterMs : undefined;
  const isNear = received === undefined || serverEnd === undefined || serverEnd - received < nearBytes;
  return {
    nowMs: options.clock.monotonicMs(),
    oldestWaitMs: oldestWaitMs(shipping),
    isStreaming: stream !== undefined && shipping.acknowledged !== undefined && isNear,
    ...(degradeAfterMs === undefined ? {} : { degradeAfterMs }),
    steadyMs: timing.steadyMs,
  };
}

/** Without a stream commits wait as well, on a server that still answers. */
function oldestWaitMs({ options, waiting, disconnectedSinceMs }: Shipping): number {
  const nowMs = options.clock.monotonicMs();
  const sinceMs = disconnectedSinceMs === undefined ? 0 : nowMs - disconnectedSinceMs;
  return Math.max(sinceMs, waiting.oldestMs(nowMs));
}

async function ask(
  shipping: Shipping,
  wish: Exclude<ModeWish, 'none'>,
  signal: AbortSignal,
): Promise<boolean> {
  const { source, clock } = shipping.options;
  const waitedMs = Math.round(oldestWaitMs(shipping));
  const before = shipping.mode;
  try {
    await source.setWaiting(wish === 'protect', signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LifeboatError)) throw error;
    shipping.modeProblem = error;
    return false;
  }
  shipping.modeProblem = undefined;
  const nowMs = clock.monotonicMs();
  shipping.mode = changedMode(wish, nowMs);
  const at = { branch: shipping.branch ?? '', at: shipping.acknowledged ?? 0n };
  const suspendedMs = before.wasProtected ? { suspendedMs: Math.round(nowMs - before.sinceMs) } : {};
  if (wish === 'degrade') tell(shipping, { kind: 'degraded', at, waitedMs });
  else tell(shipping, { kind: 'protected', at, ...suspendedMs });
  return true;
}

function tellAway(shipping: Shipping, away: Map<string, number>): void {
  const nowMs = shipping.options.clock.monotonicMs();
  for (const { vault, failing, broken } of shipping.lanes) {
    const sinceMs = away.get(vault);
    if (
      sinceMs === undefined &&
      broken === undefined &&
      isAway({ failing }, nowMs, shipping.timing.awayAfterMs)
    ) {
      const { code = 'INTERNAL', message = '' } = failing?.error ?? {};
      away.set(vault, failing?.sinceMs ?? nowMs);
      tell(shipping, { kind: 'away', vault, code, message });
      // what is acknowledged may depend on it
      shipping.progress.ring();
    } else if (sinceMs !== undefined && failing === undefined) {
      away.delete(vault);
      tell(shipping, { kind: 'back', vault, awayMs: Math.round(nowMs - sinceMs) });
    }
    if (broken !== undefined && !shipping.told.has(`broken ${vault}`)) {
      shipping.told.add(`broken ${vault}`);
      tell(shipping, { kind: 'conflict', vault, message: broken.message });
    }
  }
}

/** A heartbeat that is older than the plan allows, and a vault of which none is known for so long. */
function tellLag(shipping: Shipping, lagging: Set<string>): void {
  const { options, heartbeats, startedAtMs } = shipping;
  const nowMs = options.clock.monotonicMs();
  for (const { name } of options.vaults) {
    const provenMs = heartbeats.of(name)?.provenAtMonotonicMs ?? startedAtMs;
    const lagMs = Math.round(nowMs - provenMs);
    const isLate = lagMs > options.maxLagMs + options.heartbeatMs;
    if (isLate && !lagging.has(name)) {
      lagging.add(name);
      tell(shipping, { kind: 'lagging', vault: name, lagMs });
    } else if (!isLate && lagging.delete(name)) tell(shipping, { kind: 'caught-up', vault: name });
  }
}
