/** Notices that one of the plan's files changed, by asking its stat data: works on every file system, and for renames too. */
import { type BigIntStats, statSync } from 'node:fs';
import { systemErrorName } from '../../error/lifeboat-error.ts';

export interface PlanWatch {
  /**
   * `settling`: it differs from what was read and was different a moment ago, so somebody is still writing; ask
   * again soon. `changed` is said once for each change.
   */
  poll(): 'same' | 'settling' | 'changed';
  /** From now on these files, because the plan includes others than before. What is new counts as read now. */
  follow(paths: readonly string[]): void;
}

/** Call it before the files are read, so that a change in between is noticed. A file that is not there may come. */
export function watchPlan(paths: readonly string[]): PlanWatch {
  let read = stamps(paths);
  let seen = read;
  return {
    follow(others) {
      read = new Map(others.map((path) => [path, read.get(path) ?? stamp(path)]));
    },
    poll() {
      const now = stamps([...read.keys()]);
      if (isSame(now, read)) {
        seen = now;
        return 'same';
      }
      if (!isSame(now, seen)) {
        seen = now;
        return 'settling';
      }
      read = now;
      return 'changed';
    },
  };
}

type Stamps = ReadonlyMap<string, string>;

function stamps(paths: readonly string[]): Stamps {
  return new Map(paths.map((path) => [path, stamp(path)]));
}

function isSame(left: Stamps, right: Stamps): boolean {
  return left.size === right.size && [...left].every(([path, value]) => right.get(path) === value);
}

function stamp(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs }: BigIntStats = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return systemErrorName(error) ?? 'unknown error';
  }
}
