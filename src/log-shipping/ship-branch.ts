/**
 * Ships one branch, from where the first lane goes on to its end. The stream may break and be opened again any number
 * of times meanwhile: lanes go on with what is in memory, and the new stream begins where memory ends.
 */
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { LogSpan } from '../log-archive/log-archive.ts';
import { lower } from '../log-archive/positions.ts';
import { sleep } from '../platform/timers.ts';
import type { LogEvent, LogPosition, LogStream } from '../source/log-source.ts';
import { acknowledgedOf } from './acknowledged.ts';
import { type Bell, createBell } from './bell.ts';
import { runLane } from './lane-task.ts';
import { bufferBytesMax, createLogBuffer, cutAtWindows, type LogBuffer } from './log-buffer.ts';
import type { MarkReader, ShippingOptions } from './shipping.ts';
import { errorFacts, type Shipping, tell } from './shipping-state.ts';
import type { Lane } from './vault-lane.ts';

export type BranchOutcome =
  | { readonly kind: 'branch-end'; readonly at: LogPosition; readonly next: string }
  /** The server has deleted what comes next. */
  | { readonly kind: 'gone'; readonly at: LogPosition }
  /** It is another server, or went another way: everything must be looked at again. */
  | { readonly kind: 'changed' };

export interface BranchWork {
  readonly branch: string;
  readonly start: bigint;
  readonly segmentBytes: number;
  readonly incarnation: string;
  /** Lanes of vaults that could not be asked before. */
  readonly late: (signal: AbortSignal) => Promise<readonly Lane[]>;
  /** What a vault has right before `start`: what the server sends there must be the same. */
  readonly known?: { readonly span: LogSpan; readonly bytes: Buffer };
}

interface BranchRun extends BranchWork {
  readonly shipping: Shipping;
  readonly buffer: LogBuffer;
  readonly filled: Bell;
  readonly signal: AbortSignal;
  marker: MarkReader | undefined;
  readonly lanes: Promise<void>[];
}

export async function shipBranch(
  shipping: Shipping,
  work: BranchWork,
  signal: AbortSignal,
): Promise<BranchOutcome> {
  const buffer = createLogBuffer(work.start);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const run: BranchRun = {
    ...work,
    shipping,
    buffer,
    filled: createBell(),
    signal: either,
    marker: undefined,
    lanes: [],
  };
  const crew = Promise.all([...startLanes(run, shipping.lanes), follow(run), takeOn(run)]);
  try {
    const outcome = await Promise.race([intake(run), crew.then(() => ({ kind: 'changed' }) as const)]);
    await drained(run);
    return outcome;
  } finally {
    shipping.stream = undefined;
    stop.abort(new LifeboatError('INTERRUPTED', 'the branch is done'));
    await Promise.allSettled([crew, ...run.lanes]);
  }
}

function startLanes(run: BranchRun, lanes: readonly Lane[]): readonly Promise<void>[] {
  const { shipping, buffer, filled, segmentBytes, signal } = run;
  const tasks = lanes.map((lane) => runLane({ shipping, lane, buffer, filled, segmentBytes, signal }));
  run.lanes.push(...tasks);
  return tasks;
}

/** Vaults that come back get a lane while the branch goes on. */
async function takeOn(run: BranchRun): Promise<never> {
  const { shipping, signal } = run;
  const failed = new AbortController();
  for (;;) {
    await sleep(shipping.timing.reconnectMsMax, AbortSignal.any([signal, failed.signal]));
    if (shipping.without.size === 0) continue;
    const lanes = await run.late(signal);
    shipping.lanes = [...shipping.lanes, ...lanes];
    for (const task of startLanes(run, lanes)) task.catch((error: unknown) => failed.abort(error));
  }
}

/** Opens the stream again and again; raises only what no further try can mend. */
async function intake(run: BranchRun): Promise<BranchOutcome> {
  const { shipping, signal } = run;
  const { timing } = shipping;
  for (let waitMs = timing.reconnectMsMin; ; waitMs = Math.min(2 * waitMs, timing.reconnectMsMax)) {
    const before = run.buffer.end;
    const outcome = await tryStream(run);
    if (outcome !== undefined) return outcome;
    if (run.buffer.end > before) waitMs = timing.reconnectMsMin;
    await sleep(waitMs, signal);
    if (await isOther(run)) return { kind: 'changed' };
  }
}

async function tryStream(run: BranchRun): Promise<BranchOutcome | undefined> {
  const { shipping, signal, branch, buffer } = run;
  try {
    const outcome = await oneStream(run);
    if (outcome !== undefined) return outcome;
    throw new LifeboatError('SOURCE_UNREACHABLE', 'the server ended the stream', { retryable: true });
  } catch (error) {
    signal.throwIfAborted();
    disconnected(shipping, error);
    if (hasCode(error, 'LOG_GONE')) return { kind: 'gone', at: { branch, at: buffer.end } };
    if (!(error instanceof LifeboatError) || hasCode(error, 'LOG_CONFLICT', 'ASSERTION')) throw error;
    return undefined;
  }
}

function disconnected(shipping: Shipping, error: unknown): void {
  shipping.stream = undefined;
  shipping.problem = error instanceof LifeboatError ? error : undefined;
  if (shipping.disconnectedSinceMs !== undefined) return;
  shipping.disconnectedSinceMs = shipping.options.clock.monotonicMs();
  tell(shipping, { kind: 'disconnected', ...errorFacts(error) });
}

/** Whether the server is another one by now, or has left the branch before what came from it ended. */
async function isOther({ shipping, branch, incarnation, buffer, signal }: BranchRun): Promise<boolean> {
  const { source, engine } = shipping.options;
  try {
    const now = await source.identify(signal);
    if (now.incarnation !== incarnation) return true;
    if (now.branch === branch) return false;
    const lineage = engine.lineage(now.branch, await source.history(now.branch, signal));
    const end = lineage.find((part) => part.branch === branch)?.end;
    return end === undefined || end < buffer.end;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LifeboatError)) throw error;
    // what answers is none of ours: nothing may be asked of it any more
    return error.code === 'SOURCE_INVALID';
  }
}

/** `undefined` when the stream ended without a word. */
async function oneStream(run: BranchRun): Promise<BranchOutcome | undefined> {
  const { shipping, branch, buffer, signal, known } = run;
  const { options } = shipping;
  const isFirst = run.marker === undefined;
  const start = isFirst ? (known?.span.start ?? run.start) : buffer.end;
  // somebody may have dropped what holds the log for us
  if (!isFirst) await options.source.hold(signal);
  const from = { branch, at: start };
  await using stream = await options.source.stream(from, signal, gatherMsOf(options));
  run.marker ??= options.engine.markReader(start, run.segmentBytes);
  connected(run, stream, start);
  let at = start;
  for await (const event of stream.events) {
    signal.throwIfAborted();
    if (event.kind === 'branch-end')
      return { kind: 'branch-end', at: { branch, at: event.at }, next: event.next };
    shipping.serverEnd = event.serverEnd;
    if (event.kind !== 'bytes') continue;
    take(run, at, event);
    at += BigInt(event.bytes.length);
    if (shipping.stream !== undefined) shipping.stream.at = at;
    while (buffer.bytes >= bufferBytesMax) await shipping.progress.heard(signal);
  }
  return undefined;
}

/** Of the lag that the plan allows. */
const gatherShare = 1 / 50;
const gatherMsMax = 100;

/** Commits that wait for us do not wait for each other. */
function gatherMsOf({ mode, maxLagMs }: ShippingOptions): number {
  return mode.kind === 'sync' ? 0 : Math.min(gatherMsMax, maxLagMs * gatherShare);
}

function connected({ shipping, branch }: BranchRun, stream: LogStream, start: bigint): void {
  shipping.stream = { stream, start, at: start };
  shipping.disconnectedSinceMs = undefined;
  shipping.problem = undefined;
  shipping.broken = undefined;
  const server = shipping.identity?.server ?? '';
  tell(shipping, { kind: 'streaming', at: { branch, at: start }, server });
  shipping.progress.ring();
}

/** What lies before the first byte of a lane is compared, not stored. */
function take(run: BranchRun, at: bigint, { bytes, start }: Extract<LogEvent, { kind: 'bytes' }>): void {
  const { shipping, buffer, filled, marker } = run;
  if (start !== at || marker === undefined)
    throw new LifeboatError('SOURCE_INVALID', 'the server left out a part of its log', { retryable: true });
  const before = start < run.start ? Math.min(bytes.length, Number(run.start - start)) : 0;
  if (before > 0) {
    const lead = bytes.subarray(0, before);
    compare(run, start, lead);
    marker.take(lead);
  }
  for (const part of cutAtWindows(start + BigInt(before), bytes.subarray(before)))
    buffer.push({ ...part, marks: marker.take(part.bytes) });
  if (before === bytes.length) return;
  shipping.received = buffer.end;
  shipping.waiting.came(buffer.end, shipping.options.clock.monotonicMs());
  // what lanes make room for by themselves is looked at when they get on
  if (buffer.bytes > bufferBytesMax / 4) makeRoom(run);
  filled.ring();
}

function compare({ known, shipping, branch }: BranchRun, start: bigint, bytes: Uint8Array): void {
  if (known === undefined) return;
  const at = Number(start - known.span.start);
  if (known.bytes.subarray(at, at + bytes.length).equals(bytes)) return;
  throw new LifeboatError(
    'LOG_CONFLICT',
    `the vaults hold another history of ${shipping.options.system} on branch ${branch} than this server`,
    {
      hint: 'Find out which two servers write under one identity, stop the one that must not, and take a new base backup.',
    },
  );
}

/** Tells the server, and gives memory free, as the lanes get on. */
async function follow(run: BranchRun): Promise<never> {
  const { shipping, signal } = run;
  for (;;) {
    await shipping.progress.heard(signal);
    acknowledge(run);
    makeRoom(run);
  }
}

function acknowledge({ shipping, buffer }: BranchRun): void {
  const { options, lanes, stream, heartbeats, timing } = shipping;
  const nowMs = options.clock.monotonicMs();
  for (const lane of lanes) heartbeats.durable(lane.vault, lane.durable, nowMs);
  const durable = acknowledgedOf(
    options.mode,
    options.copies,
    lanes.map((lane) => ({ durable: lane.durable, isCurrent: isCurrent(lane, nowMs, timing.awayAfterMs) })),
  );
  if (durable === undefined) return;
  const position = lower(durable, buffer.end);
  if (shipping.acknowledged === undefined || position > shipping.acknowledged)
    shipping.acknowledged = position;
  shipping.waiting.acknowledged(position);
  if (stream === undefined || position <= stream.start) return;
  stream.stream.acknowledge(lower(position, stream.at));
}

export function isAway(lane: Pick<Lane, 'failing'>, nowMs: number, awayAfterMs: number): boolean {
  return lane.failing !== undefined && nowMs - lane.failing.sinceMs >= awayAfterMs;
}

function isCurrent(lane: Lane, nowMs: number, awayAfterMs: number): boolean {
  return lane.broken === undefined && !lane.isBehind && !isAway(lane, nowMs, awayAfterMs);
}

/**
 * Bytes go when every lane that follows the stream has taken them; for lanes that do not, another vault must have them.
 * When memory is half full, the slowest lane follows no more, if another vault has what it lacks.
 */
function makeRoom({ shipping, buffer }: BranchRun): void {
  const lanes = shipping.lanes.filter(({ broken }) => broken === undefined);
  const best = greatest(lanes.map(({ durable }) => durable));
  const slowest = lanes.filter(({ isBehind }) => !isBehind).toSorted((a, b) => (a.next < b.next ? -1 : 1))[0];
  if (buffer.bytes > bufferBytesMax / 2 && slowest !== undefined && best !== undefined && best > slowest.next)
    slowest.isBehind = true;
  const needed = lanes.filter(({ isBehind }) => !isBehind).map(({ next }) => next);
  const isMissed = lanes.some(({ isBehind }) => isBehind) || needed.length === 0 || shipping.without.size > 0;
  const limits = isMissed && best !== undefined ? [...needed, best] : needed;
  const limit = limits.toSorted((a, b) => (a < b ? -1 : 1))[0];
  if (limit !== undefined) buffer.dropBefore(limit);
}

function greatest(positions: readonly bigint[]): bigint | undefined {
  return positions.toSorted((a, b) => (a > b ? -1 : 1))[0];
}

const drainMs = 10_000;

/** Everything that came goes into the vaults that take it, before lanes of another branch begin. */
async function drained({ shipping, buffer, signal }: BranchRun): Promise<void> {
  const { monotonicMs } = shipping.options.clock;
  const startMs = monotonicMs();
  const lags = (lane: Lane): boolean => lane.broken === undefined && lane.durable < buffer.end;
  for (;;) {
    const late = shipping.lanes.filter(lags);
    const isSafe = shipping.lanes.some((lane) => lane.broken === undefined && !lags(lane));
    if (late.length === 0 || (isSafe && monotonicMs() - startMs > drainMs)) return;
    await sleep(20, signal);
  }
}
