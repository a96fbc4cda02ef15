/** What a check says was read back and found right. */
import type { CheckRecord } from '../evidence/record.ts';

/**
 * Ids of snapshots. None where it found damage of the data and names no snapshot that needs it: those that it calls right
 * may need it just as well, whatever the record says.
 */
export function foundRight(record: CheckRecord): readonly string[] {
  const { verdict, dataSound, snapshotIds, damagedSnapshotIds } = record;
  if (verdict === 'fail' && dataSound !== true && damagedSnapshotIds.length === 0) return [];
  return snapshotIds.filter((id) => !damagedSnapshotIds.includes(id));
}
