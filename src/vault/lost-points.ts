/**
 * Points whose snapshots are gone although nobody gave them up by a record. What they need is still there until a prune:
 * of points that are held, and of systems that have nothing as good left, it stays until a person has looked.
 */
import { hasCode } from '../error/lifeboat-error.ts';
import { bereftSystems, goneIds, vaultPoints } from '../recovery-point/gone-points.ts';
import { holdsFromRecords } from '../recovery-point/holds.ts';
import type { Snapshot } from '../repository/repository-types.ts';
import type { Vault, VaultRecords } from './vault.ts';

export interface LostPoints {
  /** Ids of snapshots that are gone and live on under no other id. */
  readonly gone: readonly string[];
  /** Those that are held, also where no record tells of their capture. */
  readonly held: readonly string[];
  /** Of those, the ones under legal hold. */
  readonly legal: readonly string[];
  /** Systems whose last point, or last proven one, is gone. */
  readonly bereft: readonly string[];
  /** What must not be passed over: those that are held, and those of such systems. */
  readonly grave: readonly string[];
  /** Ids of points that live on under another id, which no record knows. */
  readonly renamed: readonly string[];
}

export async function lostPoints(
  vault: Vault,
  known: VaultRecords,
  nowMs: number,
  signal?: AbortSignal,
): Promise<LostPoints> {
  const before = new Set(goneIds(vault.id, known));
  if (before.size === 0) return { gone: [], held: [], legal: [], bereft: [], grave: [], renamed: [] };
  // between the records and the list of snapshots somebody may have given points up, or made some
  const now = await vault.records(signal);
  const { there, gone } = vaultPoints(vault.id, now);
  const isRenamed = await renamedIn(vault, now, new Set(there.map(({ snapshotId }) => snapshotId)), signal);
  const lost = gone.filter(({ snapshotId: id }) => before.has(id) && !isRenamed(id));
  const missed = lost.map(({ snapshotId }) => snapshotId);
  const holds = holdsFromRecords(now.records, nowMs);
  const held = goneIds(vault.id, now).filter(
    (id) => before.has(id) && !isRenamed(id) && holds(vault.id, id).length > 0,
  );
  const legal = held.filter((id) => holds(vault.id, id).some(({ kind }) => kind === 'legal-hold'));
  const bereft = bereftSystems({ there, gone: lost });
  const last = lost.filter(({ system }) => bereft.includes(system)).map(({ snapshotId }) => snapshotId);
  const grave = [...new Set([...held, ...last])];
  const renamed = gone.map(({ snapshotId }) => snapshotId).filter(isRenamed);
  return { gone: missed, held, legal, bereft, grave, renamed };
}

/** Whoever names a copy anew leaves it the first id of all, that of the snapshot which was copied. */
async function renamedIn(
  vault: Vault,
  { records }: VaultRecords,
  points: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<(id: string) => boolean> {
  const there = await snapshotsIn(vault, signal);
  const firstNames = new Set(there.map(({ original }) => original));
  const ofStrangers = new Set(there.filter(({ id }) => !points.has(id)).map(({ original }) => original));
  const copies = records.filter((record) => record.type === 'copy');
  const origins = new Map(copies.map(({ snapshotId, from }) => [snapshotId, from.snapshotId]));
  return (id) => firstNames.has(id) || (origins.has(id) && ofStrangers.has(origins.get(id)));
}

/** None where one cannot be read: then what is gone counts as lost, until that is mended. */
async function snapshotsIn(vault: Vault, signal?: AbortSignal): Promise<readonly Snapshot[]> {
  try {
    return await vault.repository.snapshots(undefined, signal);
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED')) throw error;
    return [];
  }
}
