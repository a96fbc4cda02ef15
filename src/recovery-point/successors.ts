/**
 * Points whose snapshots are gone and that live on in the same vault: another point there is about the same capture,
 * for a copy keeps the moment as it was recorded. So it is when somebody deletes a copy past the records and it is
 * copied again.
 */
import type { RunRecord } from '../evidence/record.ts';
import { type VaultContents, vaultPoints } from './gone-points.ts';
import type { RecoveryPoint } from './recovery-point.ts';

/** Ids of snapshots that are there, by the ids of those that are gone. Of the vault with this id. */
export function successorsOf(vaultId: string, contents: VaultContents): ReadonlyMap<string, string> {
  const { there, gone } = vaultPoints(vaultId, contents);
  return new Map(
    gone.flatMap((point) => {
      const successor = there.find((other) => isAsGood(other, point));
      return successor === undefined ? [] : [[point.snapshotId, successor.snapshotId] as const];
    }),
  );
}

function isAsGood(other: RecoveryPoint, point: RecoveryPoint): boolean {
  return (
    other.system === point.system &&
    other.capturedAtMs === point.capturedAtMs &&
    other.failure === undefined &&
    other.proof.checked !== undefined &&
    (other.complete || !point.complete)
  );
}

/** When the points of a system were captured that were given up in a vault, in every form that they had there. */
export function givenUpCaptures(records: readonly RunRecord[], system: string): ReadonlySet<number> {
  const ids = new Set(records.flatMap((record) => (record.type === 'forget' ? record.snapshotIds : [])));
  const captures = records.flatMap((record) => {
    if (record.type !== 'backup' && record.type !== 'copy') return [];
    const { snapshotId, capturedAtMs } = record;
    if (record.system !== system || snapshotId === undefined || capturedAtMs === undefined) return [];
    return [{ capturedAtMs, isGivenUp: ids.has(snapshotId) }];
  });
  const kept = new Set(captures.flatMap((each) => (each.isGivenUp ? [] : [each.capturedAtMs])));
  const all = captures.map(({ capturedAtMs }) => capturedAtMs);
  return new Set(all.filter((capturedAtMs) => !kept.has(capturedAtMs)));
}
