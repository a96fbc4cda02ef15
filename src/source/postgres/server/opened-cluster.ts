/** A restored database on which a server runs, or the reason why none does. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { stateDirectory } from '../../../platform/environment.ts';
import type { ReplayedLog } from './advance-copy.ts';
import type { ClusterProbe, ClusterVerdict } from './probe-cluster.ts';
import { closedFolders, closedTo } from './restored-place.ts';
import type { ServerUser } from './server-user.ts';

export interface OpenedCluster extends Omit<ClusterProbe, 'extensions'> {
  /** Whether a server started from it and became consistent, in its own words. */
  readonly opened: ClusterVerdict;
  /** How long starting it, and replaying its log to the end, took: milliseconds. */
  readonly openMs: number;
  /**
   * Replays the log up to where it stood when figures were measured, or to its end, where the copy is opened for writing.
   * Everything is asked of that state from then on. Absent where no server runs.
   */
  readonly advance?: (to: 'measured' | 'end') => Promise<ClusterVerdict>;
  /** What replaying to the end came to. */
  readonly replayed?: ReplayedLog | undefined;
}

/** Nothing can be asked of it. */
export function unopened(verdict: ClusterVerdict, openMs: number): OpenedCluster {
  return {
    ...{
      opened: verdict,
      openMs,
      integrity: unasked,
      foreignKeys: unasked,
      value: unasked,
      rowCount: unasked,
      checkTables: unasked,
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

export async function unasked(): Promise<ClusterVerdict> {
  return { kind: 'inconclusive', reason: 'no server runs on it' };
}

/** What is needed to enter the folders above it; nothing outside of our own is changed. */
export async function letIn(user: ServerUser | undefined, folder: string): Promise<void> {
  const top = path.resolve(stateDirectory());
  for (const { folder: at, mode } of await closedFolders(user, folder)) {
    const isOurs = at === top || at.startsWith(`${top}${path.sep}`) || isSandbox(at);
    if (!isOurs) throw closedTo(at, 'choose a folder with --sandbox that other users may enter.');
    await fs.chmod(at, (mode & 0o777) | 0o011);
  }
}

/** Made by this very process, wherever the person wanted it. */
function isSandbox(folder: string): boolean {
  return /(^|\/)\.lifeboat-sandbox-[^/]+(\/|$)/.test(folder);
}
