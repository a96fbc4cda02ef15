/**
 * Which snapshots of other vaults are the same as some that are damaged or gone here. A copy names the snapshot that
 * it was made of, in its field `original` and in its record; two copies of one name the same. Nothing is guessed.
 */
import type { RunRecord } from '../evidence/record.ts';
import type { SnapshotToMake } from '../repository/repair-types.ts';
import type { Snapshot } from '../repository/repository-types.ts';

export interface DonorSnapshots {
  /** The vault's id. */
  readonly vaultId: string;
  readonly records: readonly RunRecord[];
  readonly snapshots: readonly Snapshot[];
}

/** `records` are those of the vault that is healed. */
export function matchSnapshots(
  wanted: readonly string[],
  records: readonly RunRecord[],
  donors: readonly DonorSnapshots[],
): readonly (SnapshotToMake & { readonly vaultId: string })[] {
  return wanted.flatMap((replaces) => {
    const names = namesOf(replaces, records);
    for (const { vaultId, snapshots, records: donorRecords } of donors) {
      const donor = snapshots.find(
        (snapshot) =>
          names.has(snapshot.id) ||
          (snapshot.original !== undefined && names.has(snapshot.original)) ||
          [...namesOf(snapshot.id, donorRecords)].some((name) => names.has(name)),
      );
      if (donor) return [{ replaces, donor, vaultId }];
    }
    return [];
  });
}

/** The snapshot's own id, and the one that it was copied from. */
function namesOf(snapshotId: string, records: readonly RunRecord[]): Set<string> {
  const names = new Set([snapshotId]);
  for (const record of records)
    if (record.type === 'copy' && record.snapshotId === snapshotId) names.add(record.from.snapshotId);
  return names;
}
