/**
 * Carries the log of one branch into one vault. Pieces are stored several at once and count when everything before them
 * is stored as well. A put that fails is tried again with the same piece for as long as it takes; what the lane needs
 * next and memory does not hold any more is read from the archive of another vault.
 */
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import { resumeAt } from '../log-archive/coverage.ts';
import type { LogArchive, LogSpan, LogWriter, PreparedPiece } from '../log-archive/log-archive.ts';
import type { LogKeeper } from '../log-archive/log-keeping.ts';
import { releaseMemory } from '../platform/release-memory.ts';
import { sleep } from '../platform/timers.ts';
import { type Bell, createBell } from './bell.ts';
import type { Block, LogBuffer } from './log-buffer.ts';
import { averagePutMs, paceOf } from './put-pace.ts';
import type { ShippingClock, ShippingMode } from './shipping.ts';

/** A chunk of this size costs little more than a small one. */
const chunkBytesMax = 1024 * 1024;
const retryMsMin = 100;
const retryMsMax = 5000;
/** What a vault has is stored again behind a hole, as long as it is not more than this. */
const repeatedBytesMax = 8n * 1024n * 1024n;

export interface LaneOptions {
  readonly vault: string;
  readonly archive: LogArchive & Partial<LogKeeper>;
  readonly branch: string;
  /** Where it goes on. */
  readonly next: bigint;
  readonly covered: readonly LogSpan[];
  readonly mode: ShippingMode;
  readonly maxLagMs: number;
  readonly clock: ShippingClock;
  /** Rings when it got on, or failed. */
  readonly progress: Bell;
}

export interface Lane {
  readonly vault: string;
  readonly archive: LogArchive & Partial<LogKeeper>;
  readonly branch: string;
  /** Everything before it is durable, as far as the vault has anything. */
  readonly durable: bigint;
  /** The next byte that it takes. */
  readonly next: bigint;
  /** Memory need not keep what it lacks: another vault has it. */
  isBehind: boolean;
  /** Set while puts fail. */
  readonly failing: LaneFailure | undefined;
  /** Nothing more goes into this vault. */
  readonly broken: LifeboatError | undefined;
  /** How often it went on behind something that it did not store. */
  readonly jumps: number;
  /** Stores what the buffer gets, until the signal; then what is on its way comes to its end, or gives up. */
  run(buffer: LogBuffer, filled: Bell, signal: AbortSignal): Promise<void>;
  /** Stores these blocks, which begin at `next`. */
  copy(blocks: AsyncIterable<Block>, signal: AbortSignal): Promise<void>;
  /** Goes on behind a gap. */
  jump(to: bigint): void;
}

export interface LaneFailure {
  readonly sinceMs: number;
  readonly error: LifeboatError;
}

interface LaneState {
  readonly options: LaneOptions;
  writer: LogWriter | undefined;
  next: bigint;
  durable: bigint;
  failing: LaneFailure | undefined;
  broken: LifeboatError | undefined;
  putMs: number | undefined;
  jumps: number;
  sentAtMs: number;
  readonly underway: { readonly end: bigint; isDone: boolean }[];
  readonly freed: Bell;
}

export function createLane(options: LaneOptions): Lane {
  const state: LaneState = {
    ...{ options, writer: undefined, next: options.next, durable: options.next },
    ...{ failing: undefined, broken: undefined, putMs: undefined, sentAtMs: Number.NEGATIVE_INFINITY },
    ...{ jumps: 0, underway: [], freed: createBell() },
  };
  const { vault, archive, branch } = options;
  const lane: Lane = {
    ...{ vault, archive, branch, isBehind: false },
    get durable() {
      return state.durable;
    },
    get next() {
      return state.next;
    },
    get jumps() {
      return state.jumps;
    },
    get failing() {
      return state.failing;
    },
    get broken() {
      return state.broken;
    },
    async run(buffer, filled, signal) {
      await untilBroken(state, async () => {
        while (!lane.isBehind && state.broken === undefined) await step(state, buffer, filled, signal);
      });
    },
    async copy(blocks, signal) {
      await untilBroken(state, async () => {
        for await (const block of blocks) {
          await roomForOne(state, signal);
          if (state.broken !== undefined) return;
          await send(state, block, signal);
        }
        while (state.underway.length > 0 && state.broken === undefined) await state.freed.heard(signal);
      });
    },
    jump: (to) => jump(state, to),
  };
  return lane;
}

/** Waits for a place, for bytes, and a little for more bytes. */
async function step(state: LaneState, buffer: LogBuffer, filled: Bell, signal: AbortSignal): Promise<void> {
  const { mode, maxLagMs, clock } = state.options;
  const { window, lingerMs } = paceOf(state.putMs ?? 0, { isSync: mode.kind === 'sync', maxLagMs });
  if (state.underway.length >= window) return await state.freed.heard(signal);
  skipCovered(state);
  const bytes = buffer.end > state.next ? buffer.available(state.next) : 0;
  if (bytes === 0) return await filled.heard(signal);
  const waitMs = state.sentAtMs + lingerMs - clock.monotonicMs();
  if (bytes < chunkBytesMax && waitMs > 0) return await sleep(waitMs, signal);
  await send(state, buffer.take(state.next, chunkBytesMax), signal);
}

async function roomForOne(state: LaneState, signal: AbortSignal): Promise<void> {
  while (state.underway.length >= 2 && state.broken === undefined) await state.freed.heard(signal);
}

/** Returns when the piece is on its way. */
async function send(state: LaneState, block: Block, signal: AbortSignal): Promise<void> {
  const { archive, branch, clock } = state.options;
  state.writer ??= await retried(state, () => archive.writer(branch, state.next, signal), signal);
  const piece = state.writer.prepare(block.start, block.bytes, block.marks);
  if (block.isCopy) releaseMemory(block.bytes);
  const entry = { end: piece.end, isDone: false };
  state.underway.push(entry);
  state.next = piece.end;
  state.sentAtMs = clock.monotonicMs();
  void store(state, state.writer, piece, signal).then(
    () => {
      entry.isDone = true;
      releaseMemory(piece.object);
      settle(state);
    },
    (error: unknown) => giveUp(state, error),
  );
}

async function store(
  state: LaneState,
  writer: LogWriter,
  piece: PreparedPiece,
  signal: AbortSignal,
): Promise<void> {
  await retried(
    state,
    async () => {
      const { monotonicMs } = state.options.clock;
      const startMs = monotonicMs();
      await writer.store(piece, signal);
      state.putMs = averagePutMs(state.putMs, monotonicMs() - startMs);
    },
    signal,
  );
}

/** What is durable reaches to the first piece that is not. */
function settle(state: LaneState): void {
  while (state.underway[0]?.isDone) {
    const done = state.underway.shift();
    if (done !== undefined) state.durable = done.end;
  }
  state.freed.ring();
  state.options.progress.ring();
}

/** An interrupted put is not durable; whoever goes on begins before it. */
function giveUp(state: LaneState, error: unknown): void {
  state.broken ??= isBreaking(error) ? error : undefined;
  state.freed.ring();
  state.options.progress.ring();
}

function isBreaking(error: unknown): error is LifeboatError {
  return hasCode(error, 'LOG_CONFLICT', 'ASSERTION');
}

/** For as long as it takes, whatever the store says: only a conflict, or our own mistake, cannot pass by itself. */
async function retried<T>(state: LaneState, act: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let waitMs = retryMsMin; ; waitMs = Math.min(2 * waitMs, retryMsMax)) {
    try {
      const result = await act();
      state.failing = undefined;
      return result;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LifeboatError) || isBreaking(error)) throw error;
      state.failing = { sinceMs: state.failing?.sinceMs ?? state.options.clock.monotonicMs(), error };
      state.options.progress.ring();
    }
    await sleep(waitMs, signal);
  }
}

/** A conflict ends the lane, and not the others. */
async function untilBroken(state: LaneState, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isBreaking(error)) throw error;
    giveUp(state, error);
  }
}

/** A large span that the vault has is not stored again. Nothing may be on its way. */
function skipCovered(state: LaneState): void {
  const { covered, branch } = state.options;
  const end = resumeAt({ branch, spans: covered, gaps: [] }, state.next);
  if (end - state.next > repeatedBytesMax && state.underway.length === 0) jump(state, end);
}

function jump(state: LaneState, to: bigint): void {
  state.writer = undefined;
  state.next = to;
  state.durable = to;
  state.jumps++;
}
