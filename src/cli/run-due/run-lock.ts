/** One process per plan: `run-due` and `up` exclude each other. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { lockFileOwner, tryLockFile } from '../../platform/posix/file-lock.ts';
import { planStateFolder } from './run-memory.ts';

/** Raises PLAN_BUSY naming the process that runs the plan. The lock ends with the process, however it ends. */
export function lockPlan(planId: string): Disposable {
  const folder = planStateFolder(planId);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'run.lock');
  const lock = tryLockFile(path);
  if (lock !== undefined) return lock;
  const owner = lockFileOwner(path);
  const who = owner === undefined ? 'another process' : `process ${owner}`;
  throw new LifeboatError('PLAN_BUSY', `${who} runs this plan already (${path} is locked)`, {
    hint: 'Nothing to do while it works; end it first to run the plan from here.',
    retryable: true,
    details: { path, ...(owner === undefined ? {} : { pid: owner }) },
  });
}
