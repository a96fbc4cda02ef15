/** Which snapshots bring back the newest whole state of everything in a vault, without a plan. */
import { recoveryPointsFromRecords } from '../recovery-point/points-from-records.ts';
import type { RecoveryPoint } from '../recovery-point/recovery-point.ts';
import type { Snapshot } from '../repository/repository-types.ts';
import { readRecords } from '../vault/read-records.ts';
import type { Vault } from '../vault/vault.ts';
import { shortId } from './snapshot-text.ts';

/**
 * Of every system that a plan backed up into the vault the newest snapshot that is complete and not known to be
 * bad, or, where there is none, the newest; of a vault without systems the newest of all. `warn` is told of
 * every system whose newest snapshot was not taken or is not whole.
 */
export async function newestSnapshots(
  vault: Vault,
  signal: AbortSignal,
  warn: (message: string) => void,
): Promise<readonly Snapshot[]> {
  const bySystem = Map.groupBy(await vault.repository.snapshots({}, signal), systemKey);
  bySystem.delete(undefined);
  if (bySystem.size === 0) return [await vault.repository.snapshot('latest', {}, signal)];
  const points = await pointsById(vault, signal, warn);
  return [...bySystem.values()].flatMap((snapshots) => chooseOne(snapshots, points, warn));
}

function chooseOne(
  snapshots: readonly Snapshot[],
  points: ReadonlyMap<string, RecoveryPoint>,
  warn: (message: string) => void,
): readonly Snapshot[] {
  const newest = snapshots.at(-1);
  const whole = snapshots.findLast(({ id }) => flawOf(points.get(id)) === undefined);
  const chosen = whole ?? newest;
  if (newest === undefined || chosen === undefined) return [];
  const flaw = flawOf(points.get(newest.id));
  if (flaw !== undefined) {
    const instead =
      chosen === newest
        ? 'there is no better one'
        : `${shortId(chosen.id)} of ${chosen.time} is taken instead`;
    warn(
      `the newest snapshot of ${systemName(newest)}, ${shortId(newest.id)} of ${newest.time}, ${flaw}; ${instead}`,
    );
  }
  return [chosen];
}

/** A snapshot without a record is one whose run was cut off after it was written: nothing speaks against it. */
function flawOf(point: RecoveryPoint | undefined): string | undefined {
  if (point?.failure !== undefined) return 'was found to be damaged';
  return point?.complete === false ? 'is incomplete' : undefined;
}

/** Read without any state of this machine, which may be a stranger to the vault. */
async function pointsById(
  vault: Vault,
  signal: AbortSignal,
  warn: (message: string) => void,
): Promise<ReadonlyMap<string, RecoveryPoint>> {
  const { records, problems } = await readRecords(
    { sealed: vault.repository.sealed, vaultId: vault.id, cached: new Map(), heads: [] },
    signal,
  );
  if (problems[0] !== undefined) warn(`the records of the vault are not whole: ${problems[0].what}`);
  return new Map(recoveryPointsFromRecords(records).map((point) => [point.snapshotId, point]));
}

/** Plan and system together; `undefined` for snapshots that no plan made. */
function systemKey({ tags = [] }: Snapshot): string | undefined {
  const own = tags.filter((tag) => tag.startsWith('plan:') || tag.startsWith('system:'));
  return own.length === 0 ? undefined : own.sort().join();
}

export function systemName({ tags = [] }: Snapshot): string | undefined {
  return tags.find((tag) => tag.startsWith('system:'))?.slice('system:'.length);
}
