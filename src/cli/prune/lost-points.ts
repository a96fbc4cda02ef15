/**
 * Points whose snapshots are gone although nobody gave them up by a record. What they need is still there until a prune:
 * of points that are held, and where nothing else is left, it stays until a person has looked.
 */
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { RunRecord } from '../../evidence/record.ts';
import { goneSnapshotsOf } from '../../heal/preview-healing.ts';
import { holdsFromRecords } from '../../recovery-point/holds.ts';
import type { Vault, VaultRecords } from '../../vault/vault.ts';
import { plural } from '../quantity-text.ts';

export interface LostPoints {
  /** Ids of snapshots that are gone and live on under no other id. */
  readonly held: readonly string[];
  /** There is no snapshot any more, and there were points. */
  readonly isAll: boolean;
}

export async function lostPoints(
  vault: Vault,
  known: VaultRecords,
  nowMs: number,
  signal?: AbortSignal,
): Promise<LostPoints> {
  const gone = goneSnapshotsOf(vault, known);
  const missed = [...new Set([...gone, ...goneHolds(vault, known)])];
  if (missed.length === 0) return { held: [], isAll: false };
  const renamed = await originalNames(vault, signal);
  const holds = holdsFromRecords(known.records, nowMs);
  const held = missed.filter((id) => !renamed.has(id) && holds(vault.id, id).length > 0);
  return { held, isAll: gone.length > 0 && known.snapshotIds.length === 0 };
}

/** Backups of paths are no points of a plan, and can be held as well. */
function goneHolds({ id: vaultId }: Vault, { records, snapshotIds }: VaultRecords): readonly string[] {
  const own = records.filter(({ vault }) => vault === vaultId);
  const known = new Set([...snapshotIds, ...idsIn(own, 'forget')]);
  return idsIn(own, 'hold').filter((id) => !known.has(id));
}

function idsIn(records: readonly RunRecord[], type: 'forget' | 'hold'): readonly string[] {
  return records.flatMap((record) => (record.type === type ? record.snapshotIds : []));
}

/** Of none where a snapshot cannot be read: then what is held counts as lost, until that is mended. */
async function originalNames(vault: Vault, signal?: AbortSignal): Promise<ReadonlySet<string | undefined>> {
  try {
    const there = await vault.repository.snapshots(undefined, signal);
    return new Set(there.map(({ original }) => original));
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED')) throw error;
    return new Set();
  }
}

/** DELETION_PAUSED, or `undefined`. */
export function lossPause(name: string, { held, isAll }: LostPoints): LifeboatError | undefined {
  if (held.length === 0 && !isAll) return undefined;
  const what =
    held.length === 0
      ? 'there is no snapshot any more, and no record gave them up'
      : `${plural(held.length, 'held point')} lost its snapshot, and no record gave it up (${held.map((id) => id.slice(0, 8)).join(', ')})`;
  return new LifeboatError('DELETION_PAUSED', `nothing is removed from ${name}: ${what}`, {
    hint:
      '`lifeboat repair heal` brings snapshots back from another vault, `lifeboat repair recover` finds what they led to. ' +
      'To remove what nobody needs all the same, run `lifeboat prune --despite-damage --why TEXT`.',
    details: { snapshots: held },
  });
}
