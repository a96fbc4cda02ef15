/**
 * Ends a child process together with everything it started. Children lead a process group of their own, so
 * that one signal reaches a whole pipeline, and so that Ctrl-C in the terminal reaches us first.
 */
import { systemErrorName } from '../error/lifeboat-error.ts';
import { monotonicMs } from './clock.ts';
import { sleep } from './timers.ts';

const pollMs = 10;
/** Groups that must not outlive this process. */
const runningGroups = new Set<number>();

/** From now until `forgetGroup`, the group is killed when this process exits, whatever the way but kill -9. */
export function rememberGroup(leaderPid: number): void {
  if (runningGroups.size === 0) process.on('exit', killRunningGroups);
  runningGroups.add(leaderPid);
}

export function forgetGroup(leaderPid: number): void {
  runningGroups.delete(leaderPid);
  if (runningGroups.size === 0) process.off('exit', killRunningGroups);
}

/** SIGTERM, then SIGKILL when the grace is over; resolves when the group is gone or was killed. */
export async function endGroup(leaderPid: number, graceMs: number): Promise<void> {
  const deadlineMs = monotonicMs() + graceMs;
  let isThere = signalGroup(leaderPid, 'SIGTERM');
  while (isThere && monotonicMs() < deadlineMs) {
    await sleep(pollMs);
    isThere = signalGroup(leaderPid, 0);
  }
  if (isThere) signalGroup(leaderPid, 'SIGKILL');
}

/** False when there is nothing left to signal. 0 only asks. */
function signalGroup(leaderPid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leaderPid, signal);
  } catch (error) {
    // EPERM: all that is left of the group runs as another user, and is not ours to end.
    if (['ESRCH', 'EPERM'].includes(systemErrorName(error) ?? '')) return false;
    throw error;
  }
}

function killRunningGroups(): void {
  for (const leaderPid of runningGroups) signalGroup(leaderPid, 'SIGKILL');
}
