/** What a vault records of a copy that did not come: the source could not be read, or the vault itself failed. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import { type RunContext, recordError } from '../evidence/run-context.ts';
import type { Vault } from '../vault/vault.ts';
import type { PointRecord } from './copy-request.ts';
import { copyRecord } from './record-copies.ts';

export interface FailedCopy {
  readonly run: RunContext;
  readonly vault: Vault;
  /** The newest of those that should have come, as its own vault has it. */
  readonly point: PointRecord;
  readonly startMs: number;
  readonly error: LifeboatError;
  readonly signal?: AbortSignal;
}

/**
 * A record without a snapshot, which makes no point. Where the vault takes none now it waits on this machine and goes
 * with the next one; raises interruptions and faults of the program alone.
 */
export async function recordFailedCopy(failed: FailedCopy): Promise<void> {
  const { run, vault, point, startMs, error, signal } = failed;
  try {
    await vault.append({
      ...copyRecord({ run, from: { id: point.vault } }, vault, point, startMs),
      ...{ verdict: 'fail', bytesAdded: 0, error: recordError(run, error) },
    });
  } catch (cause) {
    if (signal?.aborted || !(cause instanceof LifeboatError)) throw cause;
  }
}
