/**
 * Points whose snapshots are gone although nobody gave them up by a record. What they need is still there until a prune:
 * of points that are held, and of systems that have nothing as good left, it stays until a person has looked.
 */
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { bereftSystems, goneIds, vaultPoints } from '../../recovery-point/gone-points.ts';
import { holdsFromRecords } from '../../recovery-point/holds.ts';
import type { Vault, VaultRecords } from '../../vault/vault.ts';
import { plural } from '../quantity-text.ts';

export interface LostPoints {
  /** Ids of snapshots that are gone and live on under no other id. */
  readonly gone: readonly string[];
  /** Those that are held, also where no record tells of their capture. */
  readonly held: readonly string[];
  /** Of those, the ones under legal hold. */
  readonly legal: readonly string[];
  /** Systems whose last point, or last proven one, is gone. */
  readonly bereft: readonly string[];
}

export async function lostPoints(
  vault: Vault,
  known: VaultRecords,
  nowMs: number,
  signal?: AbortSignal,
): Promise<LostPoints> {
  const before = new Set(goneIds(vault.id, known));
  if (before.size === 0) return { gone: [], held: [], legal: [], bereft: [] };
  // between the records and the list of snapshots somebody may have given points up, or made some
  const now = await vault.records(signal);
  const { there, gone } = vaultPoints(vault.id, now);
  const renamed = await originalNames(vault, signal);
  const lost = gone.filter(({ snapshotId: id }) => before.has(id) && !renamed.has(id));
  const missed = lost.map(({ snapshotId }) => snapshotId);
  const holds = holdsFromRecords(now.records, nowMs);
  const held = goneIds(vault.id, now).filter(
    (id) => before.has(id) && !renamed.has(id) && holds(vault.id, id).length > 0,
  );
  const legal = held.filter((id) => holds(vault.id, id).some(({ kind }) => kind === 'legal-hold'));
  return { gone: missed, held, legal, bereft: bereftSystems({ there, gone: lost }) };
}

/** Of none where a snapshot cannot be read: then what is gone counts as lost, until that is mended. */
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
export function lossPause(name: string, { held, legal, bereft }: LostPoints): LifeboatError | undefined {
  if (held.length === 0 && bereft.length === 0) return undefined;
  const what =
    held.length === 0
      ? `${bereft.join(', ')} lost its last point, or its last proven one, there`
      : `${plural(held.length, 'held point')} lost its snapshot (${held.map((id) => id.slice(0, 8)).join(', ')})`;
  return new LifeboatError(
    'DELETION_PAUSED',
    `nothing is removed from ${name}: ${what}, and no record gave it up`,
    {
      hint:
        '`lifeboat repair heal` brings snapshots back from another vault, `lifeboat repair recover` finds what they led to. ' +
        `What was given up on purpose, \`lifeboat forget --point ID --why TEXT\` records${firstRelease(held, legal)}. ` +
        'To remove what nobody needs all the same, run `lifeboat prune --despite-damage --why TEXT`.',
      details: { snapshots: held, systems: bereft },
    },
  );
}

function firstRelease(held: readonly string[], legal: readonly string[]): string {
  if (held.length === 0) return '';
  const flag = legal.length === 0 ? '' : ' (with --legal-hold where it is one)';
  return `; what is held \`lifeboat unpin ID --why TEXT\`${flag} releases first`;
}
