/**
 * Points of one vault into others: their snapshots are copied, the source being read once, and each copy is read back
 * where it lies now and gets a record with all that the capture's own record says. Only then it counts there. Many
 * points are copied in rounds: between two of them no vault is locked, so that a forget or a sweep has its turn.
 */
import { LifeboatError } from '../error/lifeboat-error.ts';
import { copySnapshots } from '../repository/repository.ts';
import type { CopyReport, FailedCopy } from '../repository/repository-types.ts';
import type { Vault } from '../vault/vault.ts';
import type { CopyDestination, CopyPointsOutcome, CopyPointsRequest, VaultCopies } from './copy-request.ts';
import { recordCopies } from './record-copies.ts';

/** Of one source; what is copied in one go, recorded, and read back. */
const pointsPerRound = 16;

/** Raised is what keeps the source from being read, and interruptions; all else is in the outcome. */
export async function copyPoints(request: CopyPointsRequest): Promise<CopyPointsOutcome> {
  const vaults: VaultCopies[] = request.to.map(() => nothing);
  let bytesRead = 0;
  for (const ids of roundsOf(request.to)) {
    const wanted = request.to.map(({ vault, points }, at) => ({
      vault,
      // a vault that failed is left alone until the next run
      points: vaults[at]?.error === undefined ? points.filter(({ snapshotId }) => ids.has(snapshotId)) : [],
    }));
    const round = await copyRound({ ...request, to: wanted });
    bytesRead += round.bytesRead;
    for (const [at, more] of round.vaults.entries()) vaults[at] = joined(vaults[at], more);
  }
  return { vaults, bytesRead };
}

/** The oldest first, and each point in the same round for all vaults that want it: so it is read once. */
function roundsOf(to: readonly CopyDestination[]): readonly ReadonlySet<string>[] {
  const capturedAt = new Map<string, number>();
  for (const { points } of to)
    for (const { snapshotId, capturedAtMs = 0 } of points) capturedAt.set(snapshotId, capturedAtMs);
  const ids = [...capturedAt].sort((a, b) => a[1] - b[1]).map(([id]) => id);
  const rounds: ReadonlySet<string>[] = [];
  for (let at = 0; at < ids.length; at += pointsPerRound)
    rounds.push(new Set(ids.slice(at, at + pointsPerRound)));
  return rounds;
}

async function copyRound(request: CopyPointsRequest): Promise<CopyPointsOutcome> {
  const { run, from, signal, progress } = request;
  const to = request.to.filter(({ points }) => points.length > 0);
  if (to.length === 0) return { vaults: request.to.map(() => nothing), bytesRead: 0 };
  const startMs = run.nowMs();
  const targets = to.map(({ vault, points }) => ({
    repository: vault.repository,
    snapshotIds: points.map(({ snapshotId }) => snapshotId),
  }));
  const report = await copySnapshots(from.repository, targets, {
    ...(progress === undefined ? {} : { progress }),
    ...(signal === undefined ? {} : { signal }),
  });
  const { givenUp, error } = await givenUpSince(request, report);
  const done = new Map<Vault, VaultCopies>();
  for (const [at, destination] of to.entries()) {
    const target = report.targets[at];
    if (target === undefined) continue;
    const isGone = (copy: FailedCopy): boolean => givenUp.has(copy.from);
    // of what the source cannot tell nothing is recorded: it may be damage, and it may have been given up
    const failed = error === undefined ? target.failed.filter((copy) => !isGone(copy)) : [];
    const copies = await recordCopies(request, destination, { ...target, failed }, startMs);
    done.set(destination.vault, { ...copies, gone: target.failed.filter(isGone).map((copy) => copy.from) });
  }
  if (error !== undefined) throw error;
  const vaults = request.to.map(({ vault }) => done.get(vault) ?? nothing);
  return { vaults, bytesRead: report.bytesRead };
}

interface GivenUp {
  readonly givenUp: ReadonlySet<string>;
  /** Why the source could not tell: what was copied is recorded first. */
  readonly error?: LifeboatError;
}

/**
 * Between the choice of the points and their copying others may give some up. Those are no damage: the records of the
 * source tell them from what is missing there for no reason. Raises interruptions and faults of the program alone.
 */
async function givenUpSince({ from, signal }: CopyPointsRequest, { targets }: CopyReport): Promise<GivenUp> {
  if (targets.every(({ failed }) => failed.length === 0)) return { givenUp: new Set() };
  try {
    const { records, snapshotIds } = await from.records(signal);
    const forgotten = records.flatMap((record) => (record.type === 'forget' ? record.snapshotIds : []));
    return { givenUp: new Set(forgotten.filter((id) => !snapshotIds.includes(id))) };
  } catch (error) {
    if (signal?.aborted || !(error instanceof LifeboatError)) throw error;
    return { givenUp: new Set(), error };
  }
}

const nothing: VaultCopies = { copied: [], failed: [], gone: [], bytesStored: 0 };

function joined(before: VaultCopies = nothing, more: VaultCopies): VaultCopies {
  const error = before.error ?? more.error;
  return {
    copied: [...before.copied, ...more.copied],
    failed: [...before.failed, ...more.failed],
    gone: [...before.gone, ...more.gone],
    bytesStored: before.bytesStored + more.bytesStored,
    ...(error === undefined ? {} : { error }),
  };
}
