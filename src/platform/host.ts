/** Who and where this process is. Source of the /proc facts: proc(5), pid_namespaces(7). */
import { readFileSync, readlinkSync } from 'node:fs';
import { availableParallelism, hostname as osHostname, userInfo } from 'node:os';
import { systemErrorName } from '../error/lifeboat-error.ts';

export function hostname(): string {
  return osHostname();
}

export function pid(): number {
  return process.pid;
}

/** 0 where users have no number. */
export function uid(): number {
  return process.getuid?.() ?? 0;
}

export function gid(): number {
  return process.getgid?.() ?? 0;
}

/** Empty when the user has no name, as in many containers. */
export function username(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // uv_os_get_passwd fails with ENOENT for a user without an entry; Node wraps that as ERR_SYSTEM_ERROR.
    if (systemErrorName(error) === 'ERR_SYSTEM_ERROR' || systemErrorName(error) === 'ENOENT') return '';
    throw error;
  }
}

/** Changes with every start of the machine; `undefined` where the system does not tell. */
export function bootId(): string | undefined {
  return readProc(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
}

/** Process ids are comparable within one namespace only: `4026531836`; `undefined` where the system does not tell. */
export function pidNamespace(): string | undefined {
  return readProc(() => /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]);
}

/** False for a process that ended and was not yet collected by its parent (a zombie): it holds nothing any more. */
export function processIsAlive(processId: number): boolean {
  const state = processStat(processId)?.state;
  if (state !== undefined) return !isDead(state);
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return systemErrorName(error) !== 'ESRCH';
  }
}

/**
 * When a process of this host started, in ticks since boot: with its id it names one process for good.
 * `undefined` when there is none of that id, or a dead one, or the system does not tell.
 */
export function processStartTicks(processId: number): string | undefined {
  const stat = processStat(processId);
  return stat === undefined || isDead(stat.state) ? undefined : stat.startTicks;
}

/** How many threads may work at once; follows limits of containers and CPU affinity. */
export function parallelism(): number {
  return availableParallelism();
}

interface ProcessStat {
  readonly state: string;
  readonly startTicks: string;
}

/** Fields 3 and 22 of /proc/PID/stat, counted after the name, which may hold blanks and parentheses. */
function processStat(processId: number): ProcessStat | undefined {
  const line = readProc(() => readFileSync(`/proc/${processId}/stat`, 'latin1'));
  if (line === undefined) return undefined;
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || startTicks === undefined ? undefined : { state, startTicks };
}

function isDead(state: string): boolean {
  return state === 'Z' || state === 'X';
}

/** ESRCH is what reading /proc gives for a process that ends meanwhile. */
function readProc<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR'].includes(systemErrorName(error) ?? ''))
      return undefined;
    throw error;
  }
}
