/**
 * Finds out how far back the log of each vault hangs together, from the names in the vault itself: when a lane is new,
 * when it went on behind a gap, and now and then, in case pieces were taken away behind our back.
 */
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { LogCoverage } from '../log-archive/log-archive.ts';
import { type UnbrokenPart, unbrokenParts } from '../log-archive/unbroken.ts';
import { sleep } from '../platform/timers.ts';
import { type Counted, errorFacts, type Shipping, tellOnce } from './shipping-state.ts';
import type { Lane } from './vault-lane.ts';

const lookMs = 1000;

export async function keepCounting(shipping: Shipping, signal: AbortSignal): Promise<never> {
  for (;;) {
    for (const lane of shipping.lanes) if (isOwed(shipping, lane)) await countOne(shipping, lane, signal);
    await sleep(Math.min(lookMs, shipping.timing.countMs), signal);
  }
}

/** What was counted of this lane and still holds. */
export function countedOf({ counted }: Shipping, lane: Lane): Counted | undefined {
  const known = counted.get(lane.vault);
  return known?.lane === lane && known.jumps === lane.jumps ? known : undefined;
}

function isOwed(shipping: Shipping, lane: Lane): boolean {
  if (lane.failing !== undefined || lane.broken !== undefined) return false;
  const known = countedOf(shipping, lane);
  // before anything is durable there is nothing to count
  if (known === undefined || known.parts.length === 0) return true;
  return shipping.options.clock.monotonicMs() - known.atMs >= shipping.timing.countMs;
}

async function countOne(shipping: Shipping, lane: Lane, signal: AbortSignal): Promise<void> {
  const { vault, archive, branch, durable, jumps } = lane;
  const atMs = shipping.options.clock.monotonicMs();
  try {
    const lineage = shipping.options.engine.lineage(branch, await archive.history(branch, signal));
    const coverages = await archive.coverage(signal);
    const parts = unbrokenParts(coverages, lineage, durable);
    tellOfLoss(shipping, lane, coverages, parts);
    shipping.counted.set(vault, { lane, jumps, atMs, parts });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LifeboatError) || error.code === 'ASSERTION') throw error;
    const { message } = errorFacts(error);
    tellOnce(shipping, `count ${vault} ${message}`, { kind: 'finding', vault, object: 'names', message });
  }
}

/**
 * What hung together and does not any more, although older pieces are still there: somebody took pieces away, or the
 * store lost them. A trim leaves nothing older.
 */
function tellOfLoss(
  shipping: Shipping,
  lane: Lane,
  coverages: readonly LogCoverage[],
  parts: readonly UnbrokenPart[],
): void {
  const { vault } = lane;
  const before = countedOf(shipping, lane)?.parts ?? [];
  const torn = before.find(({ branch, start }) => {
    const now = parts.find((part) => part.branch === branch);
    if (now !== undefined && now.start <= start) return false;
    const spans = coverages.find((each) => each.branch === branch)?.spans ?? [];
    return spans.some((span) => now === undefined || span.start < now.start);
  });
  if (torn === undefined) return;
  tellOnce(shipping, `torn ${vault} ${torn.branch}`, {
    ...{ kind: 'finding', vault, object: `branch ${torn.branch}` },
    message: 'pieces are gone from its midst: older backups cannot be brought forward any more',
  });
}
