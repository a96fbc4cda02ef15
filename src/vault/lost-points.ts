/**
 * Points whose snapshots are gone although nobody gave them up by a record. What they need is still there until a prune:
 * of points that are held, and of systems that have nothing as good left, it stays until a person has looked.
 */
import { hasCode } from '../error/lifeboat-error.ts';
import type { BackupRecord, CopyRecord, RunRecord } from '../evidence/record.ts';
import { bereftSystems, goneIds, vaultPoints } from '../recovery-point/gone-points.ts';
import { holdsFromRecords } from '../recovery-point/holds.ts';
import { manifestFolder } from '../recovery-point/manifest.ts';
import type { Snapshot } from '../repository/repository-types.ts';
import type { Vault, VaultRecords } from './vault.ts';

export interface LostPoints {
  /** Ids of snapshots that are gone, and whose content is there under no other id. */
  readonly gone: readonly string[];
  /** Those that are held, also where no record tells of their capture. */
  readonly held: readonly string[];
  /** Of those, the ones under legal hold. */
  readonly legal: readonly string[];
  /** Systems whose last point, or last proven one, is gone. */
  readonly bereft: readonly string[];
  /** What must not be passed over: those that are held, and those of such systems. */
  readonly grave: readonly string[];
  /** Points whose very content is there under another id: the snapshots that hold it, by the ids that are gone. */
  readonly renamed: ReadonlyMap<string, Snapshot>;
}

export async function lostPoints(
  vault: Vault,
  known: VaultRecords,
  nowMs: number,
  signal?: AbortSignal,
): Promise<LostPoints> {
  const before = new Set(goneIds(vault.id, known));
  if (before.size === 0) return { gone: [], held: [], legal: [], bereft: [], grave: [], renamed: new Map() };
  // between the records and the list of snapshots somebody may have given points up, or made some
  const now = await vault.records(signal);
  const { there, gone } = vaultPoints(vault.id, now);
  const lives = await renamedAmong(before, vault, now, signal);
  const lost = gone.filter(({ snapshotId: id }) => before.has(id) && !lives.has(id));
  const missed = lost.map(({ snapshotId }) => snapshotId);
  const holds = holdsFromRecords(now.records, nowMs);
  const held = goneIds(vault.id, now).filter(
    (id) => before.has(id) && !lives.has(id) && holds(vault.id, id).length > 0,
  );
  const legal = held.filter((id) => holds(vault.id, id).some(({ kind }) => kind === 'legal-hold'));
  const bereft = bereftSystems({ there, gone: lost });
  const last = lost.filter(({ system }) => bereft.includes(system)).map(({ snapshotId }) => snapshotId);
  const grave = [...new Set([...held, ...last])];
  return { gone: missed, held, legal, bereft, grave, renamed: lives };
}

/** Of the ids, those whose content is there under another name; by a point where there is one. */
async function renamedAmong(
  ids: ReadonlySet<string>,
  vault: Vault,
  known: VaultRecords,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Snapshot>> {
  const there = await readableSnapshots(vault, signal);
  const points = new Set(vaultPoints(vault.id, known).there.map(({ snapshotId }) => snapshotId));
  const renamed = new Map<string, Snapshot>();
  for (const id of ids) {
    const capture = captureOf(id, known.records);
    const candidates = there.filter((snapshot) => isNamedAfter(snapshot, id, capture));
    for (const candidate of candidates)
      if (await holdsTheSame(vault, candidate, capture, signal))
        if (!renamed.has(id) || points.has(candidate.id)) renamed.set(id, candidate);
  }
  return renamed;
}

type Capture = BackupRecord | CopyRecord;

function captureOf(id: string, records: readonly RunRecord[]): Capture | undefined {
  return records.find(
    (record): record is Capture =>
      (record.type === 'backup' || record.type === 'copy') && record.snapshotId === id,
  );
}

/** Whoever names a copy anew leaves it the first id of all, that of the snapshot which was copied. */
function isNamedAfter({ original }: Snapshot, gone: string, capture: Capture | undefined): boolean {
  if (original === undefined) return false;
  return original === gone || (capture?.type === 'copy' && original === capture.from.snapshotId);
}

/** A name alone proves nothing: who takes files out of a snapshot leaves it its first id. Backups of paths have no record. */
async function holdsTheSame(
  vault: Vault,
  snapshot: Snapshot,
  capture: Capture | undefined,
  signal?: AbortSignal,
): Promise<boolean> {
  if (capture === undefined) return true;
  try {
    const digest = await vault.repository.contentDigest(snapshot, [manifestFolder], signal);
    return digest === capture.contentDigest;
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING', 'OBJECT_COLD', 'VAULT_DAMAGED')) throw error;
    return false;
  }
}

/** What cannot be read has no name that anybody knows. */
export async function readableSnapshots(vault: Vault, signal?: AbortSignal): Promise<readonly Snapshot[]> {
  const snapshots: Snapshot[] = [];
  for (const id of await vault.repository.snapshotIds(signal)) {
    try {
      snapshots.push(await vault.repository.snapshot(id, undefined, signal));
    } catch (error) {
      if (!hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING', 'SNAPSHOT_NOT_FOUND')) throw error;
    }
  }
  return snapshots;
}
