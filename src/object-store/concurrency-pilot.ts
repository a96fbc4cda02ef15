/**
 * Finds out how many requests at once a store is worth. It climbs as long as more requests at once carry more,
 * goes back when they do not, and tries again now and then, upwards and downwards in turn; a store that asks for
 * less gets half.
 *
 * Glossary: *work*: what a request carried, in units of about one small request; *window*: a stretch of time in
 * which the limit was what held requests back, so that the work done in it belongs to the limit.
 *
 * Modes. *climb*: the limit was just raised (or lowered, to try); the next window says whether that stays. *hold*: the
 * limit stays for some windows, then the next try begins. The windows of a hold say what the limit is worth.
 */
import { assert } from '../error/assert.ts';

export interface ConcurrencyPilot {
  readonly limit: () => number;
  /** A request ended; `wasHeldBack`: others were waiting for its place. */
  readonly ended: (request: EndedRequest) => void;
  /** The store could not keep up with a request that began at this time. */
  readonly throttled: (startedAtMs: number, nowMs: number) => void;
}

export interface EndedRequest {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly bytes: number;
  readonly wasHeldBack: boolean;
}

export interface PilotBounds {
  readonly min: number;
  readonly max: number;
}

interface Window {
  readonly fromMs: number;
  work: number;
  requests: number;
}

/** What a limit was found to carry. */
interface Worth {
  readonly limit: number;
  readonly workPerMs: number;
}

const startLimit = 4;
/** Of the gain that twice as many requests could bring at best, so much must come. */
const shareOfGainMin = 0.4;
/** What a lower limit must carry of what the higher one did, for it to stay lower. */
const shareToStayLower = 0.95;
const windowMsMin = 40;
const requestsPerPermit = 2;
const requestsMin = 8;
const holdWindows = 8;
const holdWindowsAfterThrottle = 24;
const bytesPerWork = 64 * 1024;

export function concurrencyPilot({ min, max }: PilotBounds): ConcurrencyPilot {
  assert(min >= 1 && min <= max, 'the bounds of a limit are in order');
  let limit = Math.min(max, Math.max(min, startLimit));
  let changedAtMs = Number.NEGATIVE_INFINITY;
  let window: Window | undefined;
  let before: Worth | undefined;
  /** Windows until the next try; none while one is under way. */
  let holdFor = 0;
  let isFirstClimb = true;
  let triesDown = false;

  function set(next: number, nowMs: number): void {
    limit = Math.min(max, Math.max(min, next));
    changedAtMs = nowMs;
    window = undefined;
  }

  function hold(windows: number): void {
    holdFor = windows;
    isFirstClimb = false;
  }

  /** Raises or lowers the limit for the next window to judge. */
  function tryOther(worth: Worth, nowMs: number): void {
    before = worth;
    const step = Math.max(1, Math.floor(limit / (isFirstClimb ? 2 : 5)));
    set(triesDown ? limit - step : limit + step, nowMs);
    if (limit === worth.limit) hold(holdWindows);
    if (!isFirstClimb) triesDown = !triesDown;
  }

  function judge(worth: Worth, nowMs: number): void {
    if (holdFor > 0) {
      holdFor -= 1;
      if (holdFor === 0) tryOther(worth, nowMs);
    } else if (before === undefined || isWorthIt(before, worth)) {
      if (before !== undefined && worth.limit < before.limit) hold(holdWindows);
      else tryOther(worth, nowMs);
    } else {
      set(before.limit, nowMs);
      hold(holdWindows);
    }
  }

  return {
    limit: () => limit,
    ended({ startedAtMs, endedAtMs, bytes, wasHeldBack }) {
      // what began under another limit says nothing about this one
      if (startedAtMs < changedAtMs) return;
      if (!wasHeldBack || window === undefined) {
        window = wasHeldBack ? { fromMs: endedAtMs, work: 0, requests: 0 } : undefined;
        return;
      }
      window.work += 1 + bytes / bytesPerWork;
      window.requests += 1;
      if (!isFull(window, limit, endedAtMs)) return;
      const worth = { limit, workPerMs: window.work / (endedAtMs - window.fromMs) };
      window = undefined;
      judge(worth, endedAtMs);
    },
    throttled(startedAtMs, nowMs) {
      // one refusal for all that were under way together
      if (startedAtMs < changedAtMs) return;
      set(Math.floor(limit / 2), nowMs);
      before = undefined;
      triesDown = false;
      hold(holdWindowsAfterThrottle);
    },
  };
}

function isFull({ fromMs, requests }: Window, limit: number, nowMs: number): boolean {
  return nowMs - fromMs >= windowMsMin && requests >= Math.max(requestsMin, requestsPerPermit * limit);
}

function isWorthIt(before: Worth, now: Worth): boolean {
  if (now.limit < before.limit) return now.workPerMs >= before.workPerMs * shareToStayLower;
  const gainAtBest = now.limit / before.limit - 1;
  return now.workPerMs >= before.workPerMs * (1 + shareOfGainMin * gainAtBest);
}
