/** Who holds a lock: one process of one boot of one host, in one process-id namespace. */
import {
  bootId,
  gid,
  hostname,
  pid,
  pidNamespace,
  processStartTicks,
  uid,
  username,
} from '../../platform/host.ts';
import type { LockFile } from './lock-file.ts';

export interface LockOwner {
  readonly hostname: string;
  readonly username: string;
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly bootId: string | undefined;
  readonly pidNamespace: string | undefined;
  /** When a process of this host started; `undefined` when there is none of that id. */
  readonly startTicks: (pid: number) => string | undefined;
}

export function thisProcess(): LockOwner {
  return {
    hostname: hostname(),
    username: username(),
    pid: pid(),
    uid: uid(),
    gid: gid(),
    bootId: bootId(),
    pidNamespace: pidNamespace(),
    startTicks: processStartTicks,
  };
}

export function lockFileOf(owner: LockOwner, exclusive: boolean, time: string): LockFile {
  const pidStart = owner.startTicks(owner.pid);
  return {
    time,
    exclusive,
    hostname: owner.hostname,
    username: owner.username,
    pid: owner.pid,
    ...(owner.uid === 0 ? {} : { uid: owner.uid }),
    ...(owner.gid === 0 ? {} : { gid: owner.gid }),
    ...(owner.bootId === undefined ? {} : { boot_id: owner.bootId }),
    ...(owner.pidNamespace === undefined ? {} : { pid_namespace: owner.pidNamespace }),
    ...(pidStart === undefined ? {} : { pid_start: pidStart }),
  };
}

/** A lock older than this was not refreshed for six times in a row. Source: restic. */
export const staleAfterMs = 30 * 60 * 1000;

/**
 * Whether the owner of a lock is certainly gone: too long without a refresh, or a process of this very boot
 * and process-id namespace that is no more. Only the first can be said of locks that stock restic wrote.
 * `putMs` is when the store says that the lock was written.
 */
export function isProvablyStale(lock: LockFile, me: LockOwner, nowMs: number, putMs?: number): boolean {
  if (isTooOld(lock, me, nowMs, putMs)) return true;
  if (lock.boot_id === undefined || lock.pid_namespace === undefined) return false;
  if (lock.hostname !== me.hostname || lock.boot_id !== me.bootId || lock.pid_namespace !== me.pidNamespace)
    return false;
  const start = me.startTicks(lock.pid);
  return start === undefined || (lock.pid_start !== undefined && lock.pid_start !== start);
}

/** Another host's clock may be behind: then the store must say as well that nobody refreshed the lock. */
function isTooOld(lock: LockFile, me: LockOwner, nowMs: number, putMs: number | undefined): boolean {
  if (nowMs - Date.parse(lock.time) <= staleAfterMs) return false;
  return lock.hostname === me.hostname || putMs === undefined || nowMs - putMs > staleAfterMs;
}
