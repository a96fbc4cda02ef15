/**
 * A writer of ours lets others have the repository for themselves for a while. Between flushes it looks for requests. To
 * those whose marks it knew when it began, and so does not rely on, it yields: it stores and indexes what it has, gives
 * its lock away, waits until the request is gone or left behind, takes the lock again, loads the index, and sees that
 * everything it relied on is still there. To others it does not yield; they wait for its end.
 */
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { nowMs } from '../../platform/clock.ts';
import { every, sleep } from '../../platform/timers.ts';
import { type HeldLock, yieldPollMs } from '../lock/with-lock.ts';
import type { PruneMark } from '../prune/prune-marks.ts';
import { liveRequests, type SweepRequest } from '../prune/sweep-request.ts';
import { freshView, type IndexView, type Session } from '../session.ts';
import type { SavePool } from './save-pool.ts';
import { requireAllStillThere, writerView } from './writer-view.ts';

/** A sweep that takes longer than this is not waited for. */
const asideMsMax = 6 * 60 * 60 * 1000;
/** After it, the lock must be free within this time. */
const lockWaitMsMax = 60 * 60 * 1000;

export interface StandAsideOptions {
  readonly session: Session;
  readonly lock: HeldLock;
  readonly pool: Pick<SavePool, 'whilePaused'>;
  /** Those that the writer knew when it began. */
  readonly marks: readonly PruneMark[];
  /** What the writer sees; replaced each time it comes back. */
  readonly view: { current: IndexView };
  /** Called once when it could not come back. */
  readonly fail: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Looks for requests until it is disposed. */
export function standAsideWhenAsked(options: StandAsideOptions): AsyncDisposable {
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const looking = every(yieldPollMs(options.session.lockTiming), async () => {
    if (signal.aborted) return;
    await lookOnce({ ...options, signal }).catch((error: unknown) => options.fail(error));
  });
  return {
    async [Symbol.asyncDispose]() {
      ended.abort(new LifeboatError('INTERRUPTED', 'the work was given up before its end'));
      await looking[Symbol.asyncDispose]();
    },
  };
}

async function lookOnce(options: StandAsideOptions): Promise<void> {
  const { session, pool, marks, signal } = options;
  // a backup does not fail because nobody could be asked whether it should stand aside: it looks again
  const requests = await requestsNow(session, signal).catch(() => []);
  if (requests.length === 0 || !requests.every((request) => isKnown(request, marks))) return;
  await pool.whilePaused(() => standAside(options));
}

async function standAside({ session, lock, marks, view, signal }: StandAsideOptions): Promise<void> {
  await lock.yieldDuring(() => untilGone(session, marks, signal), lockWaitMsMax);
  const before = view.current.index;
  const current = writerView(session, await freshView(session, signal), marks);
  requireAllStillThere(before, current.index);
  view.current = current;
}

async function untilGone(session: Session, marks: readonly PruneMark[], signal: AbortSignal): Promise<void> {
  const untilMs = nowMs() + asideMsMax;
  for (;;) {
    const requests = await requestsNow(session, signal);
    if (!requests.some((request) => isKnown(request, marks))) return;
    if (nowMs() >= untilMs) throw takesTooLong(requests);
    await sleep(yieldPollMs(session.lockTiming), signal);
  }
}

/** Before a writer begins it waits for those who asked before it, so that they are not kept waiting for ever. */
export async function waitForRequests(session: Session, signal?: AbortSignal): Promise<void> {
  const untilMs = nowMs() + asideMsMax;
  for (;;) {
    const requests = await requestsNow(session, signal);
    if (requests.length === 0) return;
    if (nowMs() >= untilMs) throw takesTooLong(requests);
    await sleep(yieldPollMs(session.lockTiming), signal);
  }
}

/** Who may not list them has nobody to wait for. */
async function requestsNow(session: Session, signal?: AbortSignal): Promise<readonly SweepRequest[]> {
  try {
    return await liveRequests(session.access, session.owner, signal);
  } catch (error) {
    if (hasCode(error, 'STORE_DENIED', 'PERMISSION_DENIED')) return [];
    throw error;
  }
}

function isKnown(request: SweepRequest, marks: readonly PruneMark[]): boolean {
  return request.marks.every((name) => marks.some((mark) => mark.name === name));
}

function takesTooLong([request]: readonly SweepRequest[]): LifeboatError {
  const { pid = 0, username = '', hostname = '' } = request?.owner ?? {};
  return new LifeboatError(
    'VAULT_LOCKED',
    `process ${pid} of ${username}@${hostname} has wanted the vault for itself for too long`,
    {
      hint: 'End that process if it hangs, then run this again; what a dead one leaves counts for nothing after 30 minutes.',
      retryable: true,
      details: { pid, hostname },
    },
  );
}
