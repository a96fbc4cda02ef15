/**
 * Points that records tell of, whose snapshots are gone although no record gave them up: another program deleted them,
 * or gave them another id. What they need is still there until a prune.
 */
import type { RunRecord } from '../evidence/record.ts';
import { recoveryPointsFromRecords } from './points-from-records.ts';
import { isProven, type RecoveryPoint } from './recovery-point.ts';

/** As a reading of a vault has it. */
export interface VaultContents {
  /** May be of several vaults. */
  readonly records: readonly RunRecord[];
  readonly snapshotIds: readonly string[];
}

export interface VaultPoints {
  readonly there: readonly RecoveryPoint[];
  readonly gone: readonly RecoveryPoint[];
}

/** Of the vault with this id; oldest capture first. */
export function vaultPoints(vaultId: string, { records, snapshotIds }: VaultContents): VaultPoints {
  const ids = new Set(snapshotIds);
  const points = recoveryPointsFromRecords(records).filter(({ vault }) => vault === vaultId);
  const isThere = (point: RecoveryPoint): boolean => ids.has(point.snapshotId);
  return { there: points.filter(isThere), gone: points.filter((point) => !isThere(point)) };
}

/** Snapshots that are gone although no record gave them up: of points, and of backups that only a hold names. */
export function goneIds(vaultId: string, contents: VaultContents): readonly string[] {
  const ofPoints = vaultPoints(vaultId, contents).gone.map(({ snapshotId }) => snapshotId);
  return [...new Set([...ofPoints, ...goneHolds(vaultId, contents)])];
}

/** Backups of paths are no points of a plan, and can be held as well. */
function goneHolds(vaultId: string, { records, snapshotIds }: VaultContents): readonly string[] {
  const own = records.filter(({ vault }) => vault === vaultId);
  const known = new Set([...snapshotIds, ...idsIn(own, 'forget')]);
  return idsIn(own, 'hold').filter((id) => !known.has(id));
}

function idsIn(records: readonly RunRecord[], type: 'forget' | 'hold'): readonly string[] {
  return records.flatMap((record) => (record.type === type ? record.snapshotIds : []));
}

/** Systems that have nothing left there as good as what is gone: no point at all, or none that is proven any more. */
export function bereftSystems({ there, gone }: VaultPoints): readonly string[] {
  const systems = [...new Set(gone.map(({ system }) => system))];
  return systems.filter((name) => {
    const left = there.filter(({ system }) => system === name);
    const wasProven = gone.some((point) => point.system === name && isProvenPoint(point));
    return left.length === 0 || (wasProven && !left.some(isProvenPoint));
  });
}

function isProvenPoint(point: RecoveryPoint): boolean {
  return point.complete && isProven(point, 'restored');
}
