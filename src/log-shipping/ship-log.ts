/**
 * Receives the log of one system and keeps it in several vaults, until the signal. There is one receiver for all of
 * them. Each round looks at the server and at every vault, decides where to go on, and ships one branch to its end; the
 * next round goes on with the branch that followed, or with what the server still has.
 *
 * Nothing ends it but the signal: what a person must look at is told, and tried again slowly.
 */
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import { resumeAt } from '../log-archive/coverage.ts';
import type { LogSpan } from '../log-archive/log-archive.ts';
import { higher, lower } from '../log-archive/positions.ts';
import { every, sleep, withTimeout } from '../platform/timers.ts';
import type { LogIdentity, LogPosition } from '../source/log-source.ts';
import { openOldBranches } from './fill-old-branches.ts';
import { followMode } from './follow-mode.ts';
import { keepCompacting } from './keep-compacting.ts';
import { keepCounting } from './keep-counting.ts';
import { keepBeating, keepLooking } from './keep-looking.ts';
import { lineageIndex, streamBegin } from './locate-lane.ts';
import { type Located, lanesOf, lateLanes, locateVaults } from './locate-vaults.ts';
import { changedMode } from './mode-machine.ts';
import { type BranchOutcome, shipBranch } from './ship-branch.ts';
import type { LineagePart, ShippingOptions } from './shipping.ts';
import { errorFacts, newShipping, type Shipping, tell } from './shipping-state.ts';
import { statusOf } from './status-of.ts';
import type { Lane } from './vault-lane.ts';
import { createWaitingBytes } from './waiting-bytes.ts';

const reportMs = 1000;

/** Resolves when the signal is aborted; what was on its way is stored or not, and counts as not. */
export async function shipLog(options: ShippingOptions, signal: AbortSignal): Promise<void> {
  const shipping = newShipping(options);
  await using _report = every(reportMs, () => report(shipping));
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const works = [rounds, followMode, keepBeating, keepLooking, keepCounting, keepCompacting];
  const running: Promise<never>[] = [];
  try {
    await knowWaiting(shipping, either);
    running.push(...works.map((work) => work(shipping, either)));
    await Promise.all(running);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    // one of them failed, which is a fault of ours: the others must not go on without it
    stop.abort(new LifeboatError('INTERRUPTED', 'the shipping ended'));
    await Promise.allSettled(running);
    await letGo(shipping);
    shipping.isEnded = true;
    await report(shipping);
  }
}

/** What the server did before we came, or was asked for when the plan was another one. */
async function knowWaiting(shipping: Shipping, signal: AbortSignal): Promise<void> {
  const { source, mode, clock } = shipping.options;
  try {
    const { isWaiting } = await source.health(signal);
    if (!isWaiting) return;
    if (mode.kind === 'sync')
      shipping.mode = { kind: 'protected', sinceMs: clock.monotonicMs(), wasProtected: true };
    else await source.setWaiting(false, signal);
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
  }
}

/**
 * Where commits may not wait for longer than a time, nobody would let them go once we are away: so we do it now. With
 * `block` they wait until we are back, as the plan says.
 */
async function letGo(shipping: Shipping): Promise<void> {
  const { mode, source, clock } = shipping.options;
  if (mode.kind !== 'sync' || mode.degradeAfterMs === undefined || shipping.mode.kind !== 'protected') return;
  const limit = { timeoutMs: letGoMsMax, timeoutError: () => new LifeboatError('INTERRUPTED', 'too late') };
  try {
    await withTimeout(limit, (own) => source.setWaiting(false, own));
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    return;
  }
  shipping.mode = changedMode('degrade', clock.monotonicMs());
  const at = { branch: shipping.branch ?? '', at: shipping.acknowledged ?? 0n };
  tell(shipping, { kind: 'degraded', at, waitedMs: 0 });
}

/** A server that is away keeps nobody from ending. */
const letGoMsMax = 5000;

async function report(shipping: Shipping): Promise<void> {
  await shipping.options.report?.(statusOf(shipping));
}

interface Round {
  gone: Gone | undefined;
}

/** The server has deleted what comes here. */
interface Gone extends LogPosition {
  /** It was asked for nothing before it, and said so again. */
  readonly isSure: boolean;
}

async function rounds(shipping: Shipping, signal: AbortSignal): Promise<never> {
  const { timing } = shipping;
  const round: Round = { gone: undefined };
  for (let waitMs = timing.reconnectMsMin; ; ) {
    try {
      const outcome = await oneRound(shipping, round, signal);
      waitMs = timing.reconnectMsMin;
      shipping.broken = undefined;
      if (outcome.kind === 'branch-end')
        tell(shipping, { kind: 'branch', from: outcome.at, to: outcome.next });
      round.gone = outcome.kind === 'gone' ? goneAgain(outcome.at, round.gone) : undefined;
      if (outcome.kind === 'branch-end') continue;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LifeboatError) || error.code === 'ASSERTION') throw error;
      failed(shipping, error);
    }
    await sleep(waitMs, signal);
    waitMs = Math.min(2 * waitMs, timing.reconnectMsMax);
  }
}

function goneAgain({ branch, at }: LogPosition, before: Gone | undefined): Gone {
  return { branch, at, isSure: before?.branch === branch && before.at === at };
}

function failed(shipping: Shipping, error: LifeboatError): void {
  const { clock } = shipping.options;
  const isNews = shipping.broken?.message !== error.message && shipping.disconnectedSinceMs === undefined;
  shipping.disconnectedSinceMs ??= clock.monotonicMs();
  shipping.problem = error;
  if (hasCode(error, 'LOG_CONFLICT') && shipping.broken === undefined)
    for (const { name } of shipping.options.vaults)
      tell(shipping, { kind: 'conflict', vault: name, message: error.message });
  else if (isNews) tell(shipping, { kind: 'disconnected', ...errorFacts(error) });
  shipping.broken = hasCode(error, 'LOG_CONFLICT', 'SOURCE_INVALID') ? error : undefined;
}

async function oneRound(shipping: Shipping, round: Round, signal: AbortSignal): Promise<BranchOutcome> {
  const { source, engine } = shipping.options;
  const identity = await source.identify(signal);
  const history = await source.history(identity.branch, signal);
  const lineage = engine.lineage(identity.branch, history);
  const hold = await source.hold(signal);
  shipping.identity = identity;
  const found = await locateVaults(shipping, identity, lineage, signal);
  const heldFrom = hold.heldFrom ?? identity.flushed;
  const { gone } = round;
  const facts = { heldFrom, lineage, identity, gone };
  const located = gone === undefined ? found : await declareGone(shipping, found, { ...facts, gone }, signal);
  const begin = beginOf(shipping, located, facts);
  const text = begin.branch === identity.branch ? history : await source.history(begin.branch, signal);
  // what lies before the first byte may be what is gone
  const known = gone === undefined ? await knownBefore(located, begin, identity, signal) : undefined;
  goOn(shipping, begin.branch);
  shipping.heartbeats.forget();
  const laneFacts = { begin, lineage, history: text };
  shipping.lanes = await lanesOf(shipping, located, laneFacts, signal);
  const { incarnation, segmentBytes } = identity;
  using older = openOldBranches(shipping, { lineage, current: begin.branch, segmentBytes }, signal);
  older.fill(located);
  const late = async (own: AbortSignal): Promise<readonly Lane[]> => {
    const came = await lateLanes(shipping, identity, laneFacts, own);
    older.fill(came.located);
    return came.lanes;
  };
  const work = { branch: begin.branch, start: begin.at, segmentBytes, incarnation, late };
  return await shipBranch(shipping, { ...work, ...(known && { known }) }, signal);
}

/** Positions of another branch say nothing of this one. */
function goOn(shipping: Shipping, branch: string): void {
  if (shipping.branch !== branch) {
    shipping.acknowledged = undefined;
    shipping.received = undefined;
    shipping.serverEnd = undefined;
    shipping.waiting = createWaitingBytes();
  }
  shipping.branch = branch;
}

interface BeginFacts {
  readonly lineage: readonly LineagePart[];
  readonly identity: LogIdentity;
  readonly heldFrom: bigint;
}

/** Where the stream begins: see `streamBegin`; at the end of a branch with the next one, from the start of its segment. */
function beginOf(
  shipping: Shipping,
  located: readonly Located[],
  { lineage, identity, heldFrom, gone }: BeginFacts & { readonly gone: Gone | undefined },
): LogPosition {
  const { mode, copies } = shipping.options;
  const positions = located.flatMap(({ begin }) => (begin.at === undefined ? [] : [begin.at]));
  const count = mode.kind === 'sync' ? copies : 1;
  const best = streamBegin(positions, lineage, count);
  if (best === undefined) return freshBegin({ lineage, identity, heldFrom, gone });
  const part = lineage[lineageIndex(lineage, best.branch)];
  const at =
    gone?.branch === best.branch ? higher(best.at, goneUntil(gone, part, heldFrom, identity)) : best.at;
  if (part?.end === undefined || at < part.end) return { branch: best.branch, at };
  const next = lineage[lineageIndex(lineage, best.branch) + 1];
  return { branch: next?.branch ?? identity.branch, at: floorOf(part.end, identity) };
}

/** From the first byte that the server holds for us, on the branch where it was written. */
function freshBegin({
  lineage,
  identity,
  heldFrom,
  gone,
}: BeginFacts & { readonly gone: Gone | undefined }): LogPosition {
  const from = gone === undefined ? lower(heldFrom, identity.flushed) : identity.flushed;
  const part = lineage.find(({ end }) => end === undefined || from < end);
  return { branch: part?.branch ?? identity.branch, at: floorOf(from, identity) };
}

/**
 * A server that says it holds what it has not is believed for what it has not: a copy that was promoted holds from where
 * its replay began, and may have none of the files of the timeline before. Then one segment is given up at a time.
 */
function goneUntil(
  gone: Gone,
  part: LineagePart | undefined,
  heldFrom: bigint,
  identity: LogIdentity,
): bigint {
  const held = floorOf(heldFrom, identity);
  const behind = floorOf(gone.at, identity) + BigInt(identity.segmentBytes);
  const given = gone.isSure ? lower(behind, higher(identity.flushed, gone.at)) : gone.at;
  const until = higher(held, given);
  return part?.end === undefined ? until : lower(until, part.end);
}

/** Every vault says for itself what it will never have, and goes on behind it. */
async function declareGone(
  shipping: Shipping,
  located: readonly Located[],
  { gone, heldFrom, lineage, identity }: BeginFacts & { readonly gone: Gone },
  signal: AbortSignal,
): Promise<readonly Located[]> {
  const part = lineage[lineageIndex(lineage, gone.branch)];
  const until = goneUntil(gone, part, heldFrom, identity);
  const behind: Located[] = [];
  for (const found of located) {
    const { vault, archive, begin } = found;
    const { at, covered } = begin;
    const isLacking = at !== undefined && at.branch === gone.branch && at.at < until;
    if (!isLacking) {
      behind.push(found);
      continue;
    }
    const span = { branch: at.branch, start: at.at, end: gapEnd(covered, at, until) };
    await archive.declareGap(span, 'the server had deleted these bytes before they left it', signal);
    tell(shipping, { kind: 'gap', vault, span });
    behind.push({ ...found, begin: { ...begin, at: { branch: at.branch, at: resumeIn(covered, span) } } });
  }
  return behind;
}

function floorOf(at: bigint, { segmentBytes }: LogIdentity): bigint {
  return at - (at % BigInt(segmentBytes));
}

/** What it has behind the gap bounds it. */
function gapEnd(covered: readonly LogSpan[], { at }: LogPosition, until: bigint): bigint {
  const next = covered.find(({ start }) => start > at)?.start;
  return next === undefined ? until : lower(next, until);
}

function resumeIn(covered: readonly LogSpan[], { branch, end }: LogSpan): bigint {
  return resumeAt({ branch, spans: covered, gaps: [] }, end);
}

/** What is compared at most with what the server sends before the first new byte. */
const knownBytesMax = 64n * 1024n;

/** Within the segment where the stream begins: what lies before it may be gone on the server. */
async function knownBefore(
  located: readonly Located[],
  { branch, at }: LogPosition,
  { segmentBytes }: LogIdentity,
  signal: AbortSignal,
): Promise<
  { readonly span: { branch: string; start: bigint; end: bigint }; readonly bytes: Buffer } | undefined
> {
  const page = 8192n;
  const wanted = at - lower(knownBytesMax, at % BigInt(segmentBytes));
  const start = wanted - (wanted % page);
  if (start >= at) return undefined;
  const span = { branch, start, end: at };
  const holder = located.find(({ begin }) =>
    begin.covered.some((own) => own.branch === branch && own.start <= start && at <= own.end),
  );
  if (holder === undefined) return undefined;
  try {
    return { span, bytes: Buffer.concat(await Array.fromAsync(holder.archive.read(span, signal))) };
  } catch (error) {
    if (hasCode(error, 'LOG_GAP', 'OBJECT_DAMAGED', 'OBJECT_MISSING')) return undefined;
    throw error;
  }
}
