/** What one lane does while a branch is streamed: brings the vault up to what is in memory, then follows the stream. */
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { LogSpan } from '../log-archive/log-archive.ts';
import { windowEnd } from '../log-archive/piece-key.ts';
import { lower } from '../log-archive/positions.ts';
import { sleep } from '../platform/timers.ts';
import type { Bell } from './bell.ts';
import { donorBlocks } from './donor-blocks.ts';
import type { LogBuffer } from './log-buffer.ts';
import { type Shipping, tell } from './shipping-state.ts';
import type { Lane } from './vault-lane.ts';

/** Between two looks for a vault that has what is lacking. */
const lookAgainMs = 500;

export interface LaneWork {
  readonly shipping: Shipping;
  readonly lane: Lane;
  readonly buffer: LogBuffer;
  readonly filled: Bell;
  readonly segmentBytes: number;
  readonly signal: AbortSignal;
}

/** Until the signal, or until nothing may go into the vault any more. */
export async function runLane(work: LaneWork): Promise<void> {
  const { lane, buffer, filled, signal } = work;
  while (!signal.aborted && lane.broken === undefined) {
    if (lane.next < buffer.start) lane.isBehind = true;
    if (lane.isBehind) await catchUp(work);
    lane.isBehind = false;
    await lane.run(buffer, filled, signal);
  }
}

/** From the archives of other vaults, to what memory holds. */
async function catchUp(work: LaneWork): Promise<void> {
  const { lane, buffer, signal } = work;
  const failed = new Set<string>();
  while (lane.next < buffer.start && lane.broken === undefined) {
    const donor = donorOf(work, failed);
    if (donor === undefined && failed.size === 0) await sleep(lookAgainMs, signal);
    else if (donor === undefined) await giveUpGap(work, failed);
    else await copyFrom(work, donor, failed);
  }
}

function donorOf({ shipping, lane }: LaneWork, failed: ReadonlySet<string>): Lane | undefined {
  const able = shipping.lanes.filter(
    (other) => other !== lane && other.durable > lane.next && !failed.has(other.vault),
  );
  return able.toSorted((a, b) => (a.durable > b.durable ? -1 : 1))[0];
}

async function copyFrom(work: LaneWork, donor: Lane, failed: Set<string>): Promise<void> {
  const { shipping, lane, segmentBytes, signal } = work;
  const end = lower(donor.durable, windowEnd(lane.next));
  const span: LogSpan = { branch: lane.branch, start: lane.next, end };
  try {
    const { engine } = shipping.options;
    await lane.copy(donorBlocks(donor.archive, span, engine, segmentBytes, signal), signal);
    if (lane.next >= end) failed.clear();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LifeboatError)) throw error;
    if (hasCode(error, 'LOG_GAP', 'OBJECT_DAMAGED', 'OBJECT_MISSING')) failed.add(donor.vault);
    // what can pass by itself: the same vault is asked again
    else await sleep(lookAgainMs, signal);
  }
}

/** No vault has the next bytes, and the server was not asked for them because they are long gone there. */
async function giveUpGap(work: LaneWork, failed: Set<string>): Promise<void> {
  const { shipping, lane, signal } = work;
  const span = { branch: lane.branch, start: lane.next, end: await endOfGap(work) };
  const reason = 'no other vault has these bytes, and the server is far beyond them';
  await lane.archive.declareGap(span, reason, signal);
  tell(shipping, { kind: 'gap', vault: lane.vault, span });
  lane.jump(span.end);
  failed.clear();
}

/** Where any vault has bytes again. What lies in a piece that is damaged is given up with its window. */
async function endOfGap({ shipping, lane, buffer, signal }: LaneWork): Promise<bigint> {
  let end = lower(buffer.start, windowEnd(lane.next));
  for (const other of shipping.lanes) {
    if (other === lane) continue;
    const coverage = (await other.archive.coverage(signal)).find(({ branch }) => branch === lane.branch);
    const next = coverage?.spans.find(({ start }) => start > lane.next);
    if (next !== undefined) end = lower(end, next.start);
  }
  return end;
}
