/** Notices that the plan's file changed, by asking its stat data: works on every file system, and for renames too. */
import { type BigIntStats, statSync } from 'node:fs';
import { systemErrorName } from '../../error/lifeboat-error.ts';

export interface PlanWatch {
  /**
   * `settling`: it differs from what was read and was different a moment ago, so somebody is still writing; ask
   * again soon. `changed` is said once for each change.
   */
  poll(): 'same' | 'settling' | 'changed';
}

/** Call it before the file is read, so that a change in between is noticed. */
export function watchPlan(path: string): PlanWatch {
  let read = stamp(path);
  let seen = read;
  return {
    poll() {
      const now = stamp(path);
      if (now === read) {
        seen = now;
        return 'same';
      }
      if (now !== seen) {
        seen = now;
        return 'settling';
      }
      read = now;
      return 'changed';
    },
  };
}

function stamp(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs }: BigIntStats = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return systemErrorName(error) ?? 'unknown error';
  }
}
