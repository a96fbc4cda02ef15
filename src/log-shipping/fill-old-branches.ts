/** Vaults that lack the end of an older branch, or all of it, get it from the others while the newest one is streamed. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { LogSpan } from '../log-archive/log-archive.ts';
import { windowEnd } from '../log-archive/piece-key.ts';
import { lower } from '../log-archive/positions.ts';
import { sleep } from '../platform/timers.ts';
import { donorBlocks } from './donor-blocks.ts';
import { lineageIndex, wholeUntil } from './locate-lane.ts';
import type { Located } from './locate-vaults.ts';
import type { LineagePart } from './shipping.ts';
import { errorFacts, type Shipping, tellOnce } from './shipping-state.ts';
import { createLane } from './vault-lane.ts';

export interface OldBranches extends Disposable {
  /** Fills them in the background, with what is found in any of the vaults that were named so far. */
  fill(vaults: readonly Located[]): void;
}

export interface OldBranchFacts {
  readonly lineage: readonly LineagePart[];
  readonly current: string;
  readonly segmentBytes: number;
}

/** Until it is disposed. What fails is told, and tried again. */
export function openOldBranches(
  shipping: Shipping,
  { lineage, current, segmentBytes }: OldBranchFacts,
  signal: AbortSignal,
): OldBranches {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const old = lineage.slice(0, Math.max(0, lineageIndex(lineage, current)));
  const known: Located[] = [];
  return {
    fill(vaults) {
      known.push(...vaults);
      for (const to of vaults) void fillAll(shipping, known, to, old, segmentBytes, either);
    },
    [Symbol.dispose]: () => stop.abort(new LifeboatError('INTERRUPTED', 'the round is over')),
  };
}

async function fillAll(
  shipping: Shipping,
  known: readonly Located[],
  to: Located,
  old: readonly LineagePart[],
  segmentBytes: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const part of old) await fillBranch(shipping, known, to, part, segmentBytes, signal);
      return;
    } catch (error) {
      if (signal.aborted) return;
      const { message } = errorFacts(error);
      const { vault } = to;
      tellOnce(shipping, `old ${vault} ${message}`, {
        kind: 'finding',
        vault,
        object: 'older branches',
        message,
      });
    }
    await sleep(shipping.timing.reconnectMsMax, signal).catch(() => undefined);
  }
}

async function fillBranch(
  shipping: Shipping,
  located: readonly Located[],
  to: Located,
  { branch, end }: LineagePart,
  segmentBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const own = (await to.archive.coverage(signal)).find((coverage) => coverage.branch === branch);
  const begins = own === undefined ? undefined : wholeUntil(own);
  if (begins !== undefined && end !== undefined && begins >= end) return;
  for (const donor of located) {
    if (donor === to) continue;
    const theirs = (await donor.archive.coverage(signal)).find((coverage) => coverage.branch === branch);
    const span = spanToCopy(theirs?.spans ?? [], begins, end);
    if (span === undefined) continue;
    const history = await donor.archive.history(branch, signal);
    if (history !== undefined) await to.archive.putHistory(branch, history, signal);
    await copySpan(shipping, donor, to, span, segmentBytes, signal);
    return;
  }
}

function spanToCopy(
  spans: readonly LogSpan[],
  from: bigint | undefined,
  limit: bigint | undefined,
): LogSpan | undefined {
  const around = spans.findLast(({ start, end }) => from === undefined || (start <= from && from < end));
  if (around === undefined) return undefined;
  const start = from ?? around.start;
  const end = limit === undefined ? around.end : lower(limit, around.end);
  return start < end ? { ...around, start, end } : undefined;
}

async function copySpan(
  shipping: Shipping,
  donor: Located,
  to: Located,
  span: LogSpan,
  segmentBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const { mode, maxLagMs, clock, engine } = shipping.options;
  const { branch, end } = span;
  const { vault, archive } = to;
  const { progress } = shipping;
  const lane = createLane({
    vault,
    archive,
    branch,
    next: span.start,
    covered: [],
    mode,
    maxLagMs,
    clock,
    progress,
  });
  while (lane.next < end && lane.broken === undefined) {
    const part = { branch, start: lane.next, end: lower(end, windowEnd(lane.next)) };
    await lane.copy(donorBlocks(donor.archive, part, engine, segmentBytes, signal), signal);
  }
}
