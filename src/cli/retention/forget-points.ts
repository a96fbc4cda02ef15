/**
 * Gives up points that a person named. Nothing that is held goes, nor the newest proven point of a vault while
 * nothing newer is proven there, nor the last proven one that a system has.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RunRecord } from '../../evidence/record.ts';
import { holdsFromRecords, holdText, type NamedSnapshot } from '../../recovery-point/holds.ts';
import { recoveryPointsFromRecords } from '../../recovery-point/points-from-records.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { KeepDecision } from '../../recovery-point/retention-choice.ts';
import { deletionPauses } from '../../recovery-point/suspicion.ts';
import type { FoundPoint } from './find-points.ts';
import type { RetentionGroup, VaultRetention } from './retention-preview.ts';
import { isProvenPoint, type VaultPoint, vaultPoint } from './vault-point.ts';

export interface NamedPoints {
  readonly found: readonly FoundPoint[];
  /** Of all vaults that can be read. */
  readonly records: readonly RunRecord[];
  /** Points of all of them whose snapshots are there: where else is something proven? */
  readonly there: readonly RecoveryPoint[];
  /** Of the vaults in which they were found. */
  readonly snapshots: readonly NamedSnapshot[];
  readonly nowMs: number;
}

/** One entry for each vault. Raises POINT_HELD, RETENTION_REFUSED, DELETION_PAUSED: nothing is given up then. */
export function previewNamedPoints(named: NamedPoints): readonly VaultRetention[] {
  const { found, records, there, nowMs } = named;
  refuseHeld(named);
  refuseUnderSuspicion(found, records, nowMs);
  refuseProven(found, there);
  return [...new Set(found.map(({ vaultName }) => vaultName))].map((vault) => ({
    vault,
    newPauses: [],
    groups: found.filter(({ vaultName }) => vaultName === vault).map(groupOf),
  }));
}

function groupOf({ point, system, title }: FoundPoint): RetentionGroup {
  const decision: KeepDecision<VaultPoint> = {
    point,
    kept: false,
    keptBy: [],
    reasons: ['named on the command line'],
    isTooOld: false,
  };
  return {
    title,
    ...(system === undefined ? {} : { system }),
    decisions: [{ ...decision, isSpared: false }],
    leftovers: [],
  };
}

function refuseHeld({ found, records, snapshots, nowMs }: NamedPoints): void {
  const holds = holdsFromRecords(records, nowMs, snapshots);
  for (const { point, vaultId, vaultName } of found) {
    const [hold] = holds(vaultId, point.id);
    if (hold === undefined) continue;
    throw new LifeboatError('POINT_HELD', `${point.id.slice(0, 8)} in ${vaultName} is ${holdText(hold)}`, {
      hint: `Release it first with \`lifeboat unpin ${point.id.slice(0, 8)}${hold.kind === 'pin' ? '' : ' --legal-hold'} --why TEXT\`, if you may.`,
    });
  }
}

function refuseUnderSuspicion(
  found: readonly FoundPoint[],
  records: readonly RunRecord[],
  nowMs: number,
): void {
  const points = recoveryPointsFromRecords(records);
  for (const { vaultId, vaultName } of found) {
    const systems = new Set(points.filter(({ vault }) => vault === vaultId).map(({ system }) => system));
    const pause = deletionPauses(records, nowMs).find(({ system }) => systems.has(system));
    if (pause === undefined) continue;
    throw new LifeboatError(
      'DELETION_PAUSED',
      `nothing is given up in ${vaultName}: ${pause.system} is suspicious: ${pause.reason}`,
      {
        hint: `Look at its newest backup. If it is what it should be, run \`lifeboat forget --clear-suspicion ${pause.system} --why TEXT\`.`,
      },
    );
  }
}

/** What is gone is given up already, but for the record. */
function refuseProven(found: readonly FoundPoint[], there: readonly RecoveryPoint[]): void {
  const going = new Set(found.map(({ point }) => point.id));
  const proven = there.map((point) => vaultPoint(point, undefined)).filter(isProvenPoint);
  for (const { point, system, vaultId, vaultName, isGone } of found) {
    if (isGone || !isProvenPoint(point)) continue;
    const left = proven.filter((each) => each.point?.system === point.point?.system && !going.has(each.id));
    const isNewer = (each: VaultPoint) => each.point?.vault === vaultId && each.timeMs > point.timeMs;
    const isNewest = !left.some(isNewer);
    if (left.length > 0 && !isNewest) continue;
    const what =
      left.length === 0
        ? `the last proven point of ${system?.name ?? 'its system'}`
        : 'the newest proven point there';
    throw new LifeboatError('RETENTION_REFUSED', `${point.id.slice(0, 8)} in ${vaultName} is ${what}`, {
      hint: `Prove a newer one first with \`lifeboat verify${system === undefined ? '' : ` ${system.name}`}\`.`,
    });
  }
}
