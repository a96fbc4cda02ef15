/**
 * A shared lock, waited for while it is a forget or a sweep of ours that holds the vault: those ask by a request, are
 * soon over, and what runs beside them need not fail for it. Any other exclusive lock is refused at once.
 */
import { hasCode } from '../../error/lifeboat-error.ts';
import { nowMs } from '../../platform/clock.ts';
import { sleep } from '../../platform/timers.ts';
import { liveRequests } from '../prune/sweep-request.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { type HeldLock, type LockOptions, withLock, yieldPollMs } from './with-lock.ts';

/** A forget takes seconds; who reads for a restore is told after this who has the vault. */
const waitMsMax = 60_000;
/** Between two tries. */
const triesPerPoll = 4;

/** Raises VAULT_LOCKED naming the holder. The signal given to `work` ends it when the lock is lost. */
export async function withSharedLock<T>(
  access: RepositoryAccess,
  options: LockOptions & { readonly exclusive: false },
  work: (signal: AbortSignal, lock: HeldLock) => Promise<T>,
): Promise<T> {
  const untilMs = nowMs() + waitMsMax;
  for (let isLastTry = false; ; ) {
    let started = false;
    try {
      return await withLock(access, options, (signal, lock) => {
        started = true;
        return work(signal, lock);
      });
    } catch (error) {
      if (started || isLastTry || !hasCode(error, 'VAULT_LOCKED')) throw error;
    }
    // who held it may have ended since: then nobody asks any more, and the next try tells
    const requests = await liveRequests(access, options.owner, options.signal).catch(() => []);
    isLastTry = requests.length === 0 || nowMs() >= untilMs;
    if (!isLastTry) await sleep(yieldPollMs(options.timing) / triesPerPoll, options.signal);
  }
}
