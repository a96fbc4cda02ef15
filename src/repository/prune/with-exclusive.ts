/**
 * Takes restic's exclusive lock beside writers of ours that yield. A request is written first and stays until the work
 * is done; then the lock is tried until it is free or the time to wait is over. A request of a process that died is
 * stale as its lock is, and is cleared by the next one that gets the lock.
 */
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { nowMs } from '../../platform/clock.ts';
import { every, sleep } from '../../platform/timers.ts';
import { type HeldLock, withLock, yieldPollMs } from '../lock/with-lock.ts';
import { lockOptions, type Session } from '../session.ts';
import { refuseAppendOnly } from './refuse-append-only.ts';
import { clearDeadRequests, newRequestKey, writeRequest } from './sweep-request.ts';

/** Between two tries for the lock. */
const triesPerPoll = 4;

export interface ExclusiveOptions {
  /** Names of the marks whose packs will go. */
  readonly marks: readonly string[];
  /** How long to wait for those who hold the vault: milliseconds. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Raises VAULT_LOCKED, saying who holds the vault, when the time is over, and STORE_APPEND_ONLY. */
export async function withExclusive<T>(
  session: Session,
  options: ExclusiveOptions,
  work: (signal: AbortSignal, lock: HeldLock) => Promise<T>,
): Promise<T> {
  const { access, owner, lockTiming } = session;
  await refuseAppendOnly(access.store, options.signal);
  const key = newRequestKey();
  await writeRequest(access, key, owner, options.marks, options.signal);
  try {
    // a request that cannot be renewed goes stale, and writers then look at the lock itself, which is renewed too
    await using _fresh = every(lockTiming.refreshMs, () =>
      writeRequest(access, key, owner, options.marks, options.signal).catch(() => undefined),
    );
    return await tryUntil(session, options, async (signal, lock) => {
      await clearDeadRequests(access, owner, key, signal);
      return await work(signal, lock);
    });
  } finally {
    // a request that cannot be taken away goes stale; what the work gave matters more
    await access.store.delete(key).catch(() => undefined);
  }
}

async function tryUntil<T>(
  session: Session,
  { waitMs, signal }: ExclusiveOptions,
  work: (signal: AbortSignal, lock: HeldLock) => Promise<T>,
): Promise<T> {
  const untilMs = nowMs() + waitMs;
  for (;;) {
    let started = false;
    try {
      return await withLock(session.access, lockOptions(session, true, signal), (held, lock) => {
        started = true;
        return work(held, lock);
      });
    } catch (error) {
      if (started || !hasCode(error, 'VAULT_LOCKED')) throw error;
      if (nowMs() >= untilMs) throw waitedFor(error, waitMs);
    }
    await sleep(yieldPollMs(session.lockTiming) / triesPerPoll, signal);
  }
}

function waitedFor(error: unknown, waitMs: number): unknown {
  if (!(error instanceof LifeboatError) || waitMs === 0) return error;
  return new LifeboatError('VAULT_LOCKED', `${error.message}, and was for ${Math.ceil(waitMs / 1000)} s`, {
    hint: 'Run it again when that process has ended; nothing was changed.',
    retryable: true,
    details: error.details,
    cause: error,
  });
}
