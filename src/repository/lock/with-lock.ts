/**
 * Holds a lock while work is done, by restic's protocol: look, write a lock object, wait, look again; refresh
 * it every five minutes by writing a new object before deleting the old one; if that fails for 22.5 minutes
 * the work is cancelled, since others may then take the lock for stale.
 * Source: restic `internal/repository/lock.go`.
 */

import { assert } from '../../error/assert.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { isThere } from '../../object-store/is-there.ts';
import { nowMs } from '../../platform/clock.ts';
import { ignoreHangups } from '../../platform/signals.ts';
import { every, sleep } from '../../platform/timers.ts';
import { listIds } from '../index/load-index.ts';
import { objectKey } from '../layout.ts';
import { loadUnpacked, parseJson, type RepositoryAccess, saveUnpacked } from '../unpacked.ts';
import { decodeLockFile, encodeLockFile, type LockFile } from './lock-file.ts';
import { isProvablyStale, type LockOwner, lockFileOf } from './lock-owner.ts';

export interface LockTiming {
  /** Between writing a lock and looking whether another came at the same moment. */
  readonly settleMs: number;
  readonly refreshMs: number;
  /** Without a refresh for so long the lock counts as lost. */
  readonly expiryMs: number;
  /** How often a writer looks whether somebody asks it to yield. Default: every five seconds. */
  readonly yieldPollMs?: number;
}

export const resticLockTiming: LockTiming = {
  settleMs: 200,
  refreshMs: 5 * 60 * 1000,
  expiryMs: 22.5 * 60 * 1000,
};

const yieldPollMsDefault = 5000;

export function yieldPollMs(timing: LockTiming): number {
  return timing.yieldPollMs ?? yieldPollMsDefault;
}

const unreadableTriesMax = 4;
const unreadableWaitMs = 500;

export interface LockOptions {
  readonly exclusive: boolean;
  readonly owner: LockOwner;
  readonly timing: LockTiming;
  readonly signal?: AbortSignal;
}

export interface HeldLock {
  /** Raises VAULT_LOCKED when the lock may have been taken for stale, as after a long sleep of the machine. */
  confirm(): Promise<void>;
  /**
   * Releases the lock and takes it again when `meanwhile` ends; between the two, others may change the repository.
   * Raises VAULT_LOCKED when it is not free within `waitMs` milliseconds then. Never twice at once.
   */
  yieldDuring(meanwhile: () => Promise<void>, waitMs: number): Promise<void>;
}

interface Held {
  id: string;
  refreshedMs: number;
  /** Nobody refreshes a lock that is given away. */
  isYielded: boolean;
  refreshing: Promise<void> | undefined;
}

/** Raises VAULT_LOCKED naming the holder. The signal given to `work` ends it when the lock is lost. */
export async function withLock<T>(
  access: RepositoryAccess,
  options: LockOptions,
  work: (signal: AbortSignal, lock: HeldLock) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, lost.signal]) : lost.signal;
  await refuseConflicts(access, options, undefined);
  using _deaf = ignoreHangups();
  const held: Held = {
    id: await writeLock(access, options),
    refreshedMs: nowMs(),
    isYielded: false,
    refreshing: undefined,
  };
  try {
    await settle(access, { ...options, signal }, held);
    await using _refresher = every(options.timing.refreshMs, async () => {
      held.refreshing = held.isYielded ? undefined : refresh(access, options, held, lost);
      await held.refreshing;
    });
    return await work(signal, {
      confirm: () => confirm(access, options, held),
      yieldDuring: (meanwhile, waitMs) =>
        yieldDuring(access, { ...options, signal }, held, meanwhile, waitMs),
    });
  } finally {
    // if it cannot be deleted it goes stale by itself; the work's own result matters more
    await access.store.delete(objectKey('lock', held.id)).catch(() => undefined);
  }
}

/** Of two that wrote their locks at the same moment, both see each other after a while. */
async function settle(access: RepositoryAccess, options: LockOptions, held: Held): Promise<void> {
  await sleep(options.timing.settleMs, options.signal);
  await refuseConflicts(access, options, held.id);
}

async function yieldDuring(
  access: RepositoryAccess,
  options: LockOptions,
  held: Held,
  meanwhile: () => Promise<void>,
  waitMs: number,
): Promise<void> {
  assert(!held.isYielded, 'a lock is given away once at a time');
  held.isYielded = true;
  await held.refreshing;
  await access.store.delete(objectKey('lock', held.id), options.signal);
  await meanwhile();
  const untilMs = nowMs() + waitMs;
  while (!(await takeAgain(access, options, held, nowMs() >= untilMs)))
    await sleep(yieldPollMs(options.timing), options.signal);
  held.refreshedMs = nowMs();
  held.isYielded = false;
}

/** False when somebody else holds the repository and it is worth another try. */
async function takeAgain(
  access: RepositoryAccess,
  options: LockOptions,
  held: Held,
  isLastTry: boolean,
): Promise<boolean> {
  try {
    await refuseConflicts(access, options, undefined);
    held.id = await writeLock(access, options);
    await settle(access, options, held);
    return true;
  } catch (error) {
    if (!hasCode(error, 'VAULT_LOCKED') || isLastTry) throw error;
    await access.store.delete(objectKey('lock', held.id), options.signal);
    return false;
  }
}

async function refresh(
  access: RepositoryAccess,
  options: LockOptions,
  held: Held,
  lost: AbortController,
): Promise<void> {
  try {
    await confirm(access, options, held);
    const previous = held.id;
    held.id = await writeLock(access, options);
    held.refreshedMs = nowMs();
    await access.store.delete(objectKey('lock', previous));
  } catch (cause) {
    if (hasCode(cause, 'VAULT_LOCKED')) return lost.abort(cause);
    if (nowMs() - held.refreshedMs < options.timing.expiryMs) return;
    lost.abort(
      new LifeboatError('VAULT_LOCKED', 'the lock could not be refreshed for too long and counts as lost', {
        hint: 'Check that the vault can be written, then run the command again.',
        retryable: true,
        cause,
      }),
    );
  }
}

/**
 * The lock only counts while its object is there: others may have removed it as stale although this process knows of no
 * long pause, for the clock of a machine that was suspended stood still, and another host's clock may be far ahead.
 * After a long pause nobody else may hold a lock against it either. Source: restic does the second on waking.
 */
async function confirm(access: RepositoryAccess, options: LockOptions, held: Held): Promise<void> {
  assert(!held.isYielded, 'a lock is held while it is relied upon');
  if (!(await isThere(access.store, objectKey('lock', held.id), options.signal))) {
    throw new LifeboatError('VAULT_LOCKED', 'the lock counted as left behind, and somebody removed it', {
      hint: 'Run the command again. Nothing that was visible before has changed; what was written meanwhile is unused.',
      retryable: true,
    });
  }
  if (nowMs() - held.refreshedMs < options.timing.expiryMs) return;
  await refuseConflicts(access, options, held.id);
}

async function writeLock(access: RepositoryAccess, options: LockOptions): Promise<string> {
  const lock = lockFileOf(options.owner, options.exclusive, new Date(nowMs()).toISOString());
  return await saveUnpacked(access, 'lock', encodeLockFile(lock), options.signal);
}

async function refuseConflicts(
  access: RepositoryAccess,
  options: LockOptions,
  ownId: string | undefined,
): Promise<void> {
  for (const { id, lock, putMs } of await readLocks(access, options.signal, ownId)) {
    if (isProvablyStale(lock, options.owner, nowMs(), putMs))
      await access.store.delete(objectKey('lock', id), options.signal);
    else if (lock.exclusive || options.exclusive) throw lockedBy(access, id, lock);
  }
}

interface FoundLock {
  readonly id: string;
  readonly lock: LockFile;
  /** When the store says that it was written: milliseconds since the epoch. */
  readonly putMs?: number;
}

/** All locks there are but one's own. One that cannot be read is tried again, since it may be on its way in or out. */
export async function readLocks(
  access: RepositoryAccess,
  signal?: AbortSignal,
  ownId?: string,
): Promise<FoundLock[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readLocksOnce(access, ownId, signal);
    } catch (error) {
      if (!hasCode(error, 'OBJECT_DAMAGED') || attempt >= unreadableTriesMax) throw error;
      await sleep(unreadableWaitMs, signal);
    }
  }
}

async function readLocksOnce(
  access: RepositoryAccess,
  ownId: string | undefined,
  signal?: AbortSignal,
): Promise<FoundLock[]> {
  const locks: FoundLock[] = [];
  for (const id of await listIds(access, 'lock', signal)) {
    if (id === ownId) continue;
    const found = await readLock(access, id, signal);
    if (found) locks.push(found);
  }
  return locks;
}

/** `undefined` when the lock was released meanwhile or is an empty file, which restic ignores as well. */
async function readLock(
  access: RepositoryAccess,
  id: string,
  signal?: AbortSignal,
): Promise<FoundLock | undefined> {
  const what = objectKey('lock', id);
  try {
    const { size, modifiedMs } = await access.store.stat(what, signal);
    if (size === 0) return undefined;
    const lock = decodeLockFile(parseJson(await loadUnpacked(access, 'lock', id, signal), what));
    if (lock) return { id, lock, ...(modifiedMs === undefined ? {} : { putMs: modifiedMs }) };
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING')) return undefined;
    throw error;
  }
  throw new LifeboatError('OBJECT_DAMAGED', `${what} is not a lock`, {
    hint: `If no other program uses the vault, remove it with \`lifeboat unlock --all\`.`,
    details: { object: what },
  });
}

function lockedBy(access: RepositoryAccess, id: string, lock: LockFile): LifeboatError {
  const kind = lock.exclusive ? 'exclusively' : 'shared';
  return new LifeboatError(
    'VAULT_LOCKED',
    `the vault ${access.store.location} is locked ${kind} by process ${lock.pid} of ${lock.username}@${lock.hostname} since ${lock.time} (locks/${id.slice(0, 8)})`,
    {
      hint: 'Wait until that process ends. If you are certain that it is gone, run `lifeboat unlock --all`.',
      retryable: true,
      details: { object: objectKey('lock', id), pid: lock.pid, hostname: lock.hostname },
    },
  );
}

/** Removes locks and says how many: those provably stale, or every one. */
export async function removeLocks(
  access: RepositoryAccess,
  owner: LockOwner,
  all: boolean,
  signal?: AbortSignal,
): Promise<number> {
  let removed = 0;
  for (const id of await listIds(access, 'lock', signal)) {
    const stale = all || (await lockIsStale(access, id, owner, signal));
    if (!stale) continue;
    await access.store.delete(objectKey('lock', id), signal);
    removed++;
  }
  return removed;
}

async function lockIsStale(
  access: RepositoryAccess,
  id: string,
  owner: LockOwner,
  signal?: AbortSignal,
): Promise<boolean> {
  const found = await readLock(access, id, signal);
  return found !== undefined && isProvablyStale(found.lock, owner, nowMs(), found.putMs);
}
