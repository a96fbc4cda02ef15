/** Makes segments of chunks in the background, in each vault that the lanes go to. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import { sleep } from '../platform/timers.ts';
import { errorFacts, type Shipping, tellOnce } from './shipping-state.ts';
import type { Lane } from './vault-lane.ts';

/** Between two segments, so that puts that commits wait for come in between. */
const pauseMs = 200;

export async function keepCompacting(shipping: Shipping, signal: AbortSignal): Promise<never> {
  const cannotDelete = new Set<string>();
  for (;;) {
    await sleep(shipping.timing.compactMs, signal);
    for (const lane of shipping.lanes)
      if (lane.failing === undefined && lane.broken === undefined)
        await compactOne(shipping, lane, cannotDelete, signal);
  }
}

async function compactOne(
  shipping: Shipping,
  { vault, archive }: Lane,
  cannotDelete: Set<string>,
  signal: AbortSignal,
): Promise<void> {
  const mayDelete = !cannotDelete.has(vault);
  try {
    const report = await archive.compact?.({ mayDelete, pause: () => sleep(pauseMs, signal), signal });
    if (report?.isDeleteRefused) cannotDelete.add(vault);
    for (const { key, what } of report?.findings ?? []) finding(shipping, vault, key, what);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LifeboatError) || error.code === 'ASSERTION') throw error;
    finding(shipping, vault, 'compaction', errorFacts(error).message);
  }
}

function finding(shipping: Shipping, vault: string, object: string, message: string): void {
  tellOnce(shipping, `finding ${vault} ${object}`, { kind: 'finding', vault, object, message });
}
