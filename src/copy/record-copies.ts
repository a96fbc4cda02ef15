/** What a vault records of the copies it got, and of those it should have got: read back first, so that it says what is so. */
import { readBackSnapshots } from '../backup/read-back-snapshot.ts';
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { CheckRecord, CopyRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { type RunContext, recordError, sharedFields } from '../evidence/run-context.ts';
import { successorsOf } from '../recovery-point/successors.ts';
import type { TargetReport } from '../repository/repository-types.ts';
import { recordSuccessor } from '../vault/record-successor.ts';
import type { Vault } from '../vault/vault.ts';
import type {
  CopiedPoint,
  CopyDestination,
  CopyPointsRequest,
  PointRecord,
  VaultCopies,
} from './copy-request.ts';

/** What goes wrong here keeps the points of this vault from counting, and those of no other. */
export async function recordCopies(
  request: CopyPointsRequest,
  destination: CopyDestination,
  report: TargetReport,
  startMs: number,
): Promise<Omit<VaultCopies, 'gone'>> {
  const { failed, bytesStored, error } = report;
  const done: CopiedPoint[] = [];
  const problems = error === undefined ? [] : [error];
  try {
    for (const group of bySystem(madeOf(destination, report))) {
      const { points, problem } = await recordGroup(request, destination.vault, group, startMs);
      done.push(...points);
      if (problem !== undefined) problems.push(problem);
    }
    await recordFailures(request, destination, report, startMs);
    if (done.length > 0) await recordSuccessors(request, destination.vault);
  } catch (cause) {
    problems.push(knownProblem(request, cause));
  }
  const [first] = problems;
  const failures = failed.map((failure) => failure.error);
  return { copied: done, failed: failures, bytesStored, ...(first === undefined ? {} : { error: first }) };
}

/** A snapshot that was copied, of which there may be no record yet. */
interface Made {
  readonly point: PointRecord;
  readonly snapshotId: string;
}

function madeOf({ points }: CopyDestination, { copied }: TargetReport): readonly Made[] {
  return copied.flatMap(({ from, snapshot }) => {
    const point = points.find(({ snapshotId }) => snapshotId === from);
    return point === undefined ? [] : [{ point, snapshotId: snapshot.id }];
  });
}

/** A proof is bound to the system as it was captured: what differs in that is read back by itself. */
function bySystem(made: readonly Made[]): readonly (readonly Made[])[] {
  const groups = Map.groupBy(made, ({ point }) => `${point.system} ${point.systemHash}`);
  return [...groups.values()];
}

/**
 * The index is loaded once for all. Records come after the reading: where that is cut off, the copies are as if they
 * were not there, and the next copy finds them and reads them back.
 */
async function recordGroup(
  request: CopyPointsRequest,
  vault: Vault,
  made: readonly Made[],
  startMs: number,
): Promise<{ readonly points: readonly CopiedPoint[]; readonly problem: LifeboatError | undefined }> {
  const { run, cacheDirectory, progress, signal } = request;
  const { system, systemHash } = made[0]?.point ?? {};
  const identity =
    system === undefined || systemHash === undefined ? undefined : { name: system, hash: systemHash };
  const records: CopyRecord[] = [];
  const outcome = await readBackSnapshots(
    {
      ...{ run, vault, cacheDirectory },
      ...(identity === undefined ? {} : { system: identity }),
      ...(progress === undefined ? {} : { progress }),
      ...(signal === undefined ? {} : { signal }),
    },
    made.map(({ snapshotId }) => snapshotId),
    async () => {
      for (const { point, snapshotId } of made) {
        const record = { ...copyRecord(request, vault, point, startMs), snapshotId };
        await vault.append(record);
        records.push(record);
      }
    },
  );
  const check: CheckRecord = outcome.record;
  return { points: records.map((record) => ({ record, check })), problem: outcome.error };
}

/** What was deleted past the records and is there again is missed no more. */
async function recordSuccessors({ run, signal }: CopyPointsRequest, vault: Vault): Promise<void> {
  const known = await vault.records(signal);
  // the record that gave one up may be the very one that cannot be read
  if (known.problems.length > 0) return;
  for (const [old, successor] of successorsOf(vault.id, known))
    await recordSuccessor(run, vault, known.records, old, successor);
}

/** So that the vault's own history tells it: a record without a snapshot, which makes no point. */
async function recordFailures(
  request: CopyPointsRequest,
  { vault, points }: CopyDestination,
  { failed }: TargetReport,
  startMs: number,
): Promise<void> {
  for (const { from, error } of failed) {
    const point = points.find(({ snapshotId }) => snapshotId === from);
    if (point === undefined) continue;
    await vault.append({
      ...copyRecord(request, vault, point, startMs),
      ...{ verdict: 'fail', bytesAdded: 0, error: recordError(request.run, error) },
    });
  }
}

/** Without the snapshot. The proof of a point is bound to the system as it was captured, not as the plan describes it now. */
export function copyRecord(
  { run, from }: { readonly run: RunContext; readonly from: { readonly id: string } },
  vault: Vault,
  point: PointRecord,
  startMs: number,
): CopyRecord {
  // what the capture cost is no part of what the copy cost
  const { requests: _requests, snapshotId, ...captured } = point;
  const { system, systemHash, planId, planHash, error } = point;
  return {
    ...captured,
    ...sharedFields(run, vault.id),
    ...recordTimes(startMs, run.nowMs()),
    type: 'copy',
    trigger: run.trigger,
    from: { vault: from.id, snapshotId },
    ...(system === undefined ? {} : { system }),
    ...(systemHash === undefined ? {} : { systemHash }),
    ...(planId === undefined ? {} : { planId }),
    ...(planHash === undefined ? {} : { planHash }),
    ...(error === undefined ? {} : { error }),
  };
}

/** Raised again: interruptions and faults of the program. */
function knownProblem({ signal }: CopyPointsRequest, cause: unknown): LifeboatError {
  if (signal?.aborted || !(cause instanceof LifeboatError) || hasCode(cause, 'ASSERTION', 'INTERNAL'))
    throw cause;
  return cause;
}
