/**
 * Points of one vault into others: their snapshots are copied, the source being read once, and each copy gets a record
 * with all that the capture's own record says, and is read back where it lies now. Only then it counts there.
 */
import { type ReadBackOutcome, readBackSnapshot } from '../backup/read-back-snapshot.ts';
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { BackupRecord, CheckRecord, CopyRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { type RunContext, sharedFields } from '../evidence/run-context.ts';
import { copySnapshots } from '../repository/repository.ts';
import type { CopyReport, TargetReport, WorkProgress } from '../repository/repository-types.ts';
import type { Vault } from '../vault/vault.ts';

/** What the source's vault has recorded of the point. */
export type PointRecord = (BackupRecord | CopyRecord) & { readonly snapshotId: string };

export interface CopyPointsRequest {
  readonly run: RunContext;
  readonly from: Vault;
  readonly to: readonly CopyDestination[];
  readonly cacheDirectory: string;
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface CopyDestination {
  readonly vault: Vault;
  readonly points: readonly PointRecord[];
}

export interface VaultCopies {
  readonly copied: readonly CopiedPoint[];
  /** COPY_INCOMPLETE, one for each point that the source has not whole. */
  readonly failed: readonly LifeboatError[];
  readonly bytesStored: number;
  /** Why not everything that could be copied is there and counts. */
  readonly error?: LifeboatError;
}

export interface CopiedPoint {
  readonly record: CopyRecord;
  readonly check: CheckRecord;
}

export interface CopyPointsOutcome {
  /** In the order of the destinations. */
  readonly vaults: readonly VaultCopies[];
  readonly bytesRead: number;
}

/** Raised is what keeps the source from being read, and interruptions; all else is in the outcome. */
export async function copyPoints(request: CopyPointsRequest): Promise<CopyPointsOutcome> {
  const { run, from, to, signal, progress } = request;
  const startMs = run.nowMs();
  const targets = to.map(({ vault, points }) => ({
    repository: vault.repository,
    snapshotIds: points.map(({ snapshotId }) => snapshotId),
  }));
  const report: CopyReport = await copySnapshots(from.repository, targets, {
    ...(progress === undefined ? {} : { progress }),
    ...(signal === undefined ? {} : { signal }),
  });
  const vaults: VaultCopies[] = [];
  for (const [at, destination] of to.entries()) {
    const target = report.targets[at];
    if (target !== undefined) vaults.push(await recordAll(request, destination, target, startMs));
  }
  return { vaults, bytesRead: report.bytesRead };
}

/** What goes wrong here keeps the points of this vault from counting, and those of no other. */
async function recordAll(
  request: CopyPointsRequest,
  destination: CopyDestination,
  { copied, failed, bytesStored, error }: TargetReport,
  startMs: number,
): Promise<VaultCopies> {
  const done: CopiedPoint[] = [];
  const problems = error === undefined ? [] : [error];
  try {
    for (const { from, snapshot } of copied) {
      const point = destination.points.find(({ snapshotId }) => snapshotId === from);
      if (point === undefined) continue;
      const record = copyRecord(request, destination.vault, point, snapshot.id, startMs);
      await destination.vault.append(record);
      const check = await readBack(request, destination.vault, record, snapshot.id);
      done.push({ record, check: check.record });
      if (check.error !== undefined) problems.push(check.error);
    }
  } catch (cause) {
    if (
      request.signal?.aborted ||
      !(cause instanceof LifeboatError) ||
      hasCode(cause, 'ASSERTION', 'INTERNAL')
    )
      throw cause;
    problems.push(cause);
  }
  const [first] = problems;
  const failures = failed.map((failure) => failure.error);
  return { copied: done, failed: failures, bytesStored, ...(first === undefined ? {} : { error: first }) };
}

async function readBack(
  { run, cacheDirectory, progress, signal }: CopyPointsRequest,
  vault: Vault,
  { system, systemHash }: CopyRecord,
  snapshotId: string,
): Promise<ReadBackOutcome> {
  const identity =
    system === undefined || systemHash === undefined ? undefined : { name: system, hash: systemHash };
  const request = {
    run,
    vault,
    cacheDirectory,
    ...(identity === undefined ? {} : { system: identity }),
    ...(progress === undefined ? {} : { progress }),
    ...(signal === undefined ? {} : { signal }),
  };
  return await readBackSnapshot(request, snapshotId);
}

/** The proof of a point is bound to the system as it was captured, not as the plan describes it now. */
function copyRecord(
  { run, from }: CopyPointsRequest,
  vault: Vault,
  point: PointRecord,
  snapshotId: string,
  startMs: number,
): CopyRecord {
  // what the capture cost is no part of what the copy cost
  const { requests: _requests, ...captured } = point;
  const { system, systemHash, planId, planHash, error } = point;
  return {
    ...captured,
    ...sharedFields(run, vault.id),
    ...recordTimes(startMs, run.nowMs()),
    type: 'copy',
    trigger: run.trigger,
    snapshotId,
    from: { vault: from.id, snapshotId: point.snapshotId },
    ...(system === undefined ? {} : { system }),
    ...(systemHash === undefined ? {} : { systemHash }),
    ...(planId === undefined ? {} : { planId }),
    ...(planHash === undefined ? {} : { planHash }),
    ...(error === undefined ? {} : { error }),
  };
}
