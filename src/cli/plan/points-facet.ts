/** What a vault has to go back to, and what speaks against it, as `status` shows it. Pure. */
import { bereftSystems, vaultPoints } from '../../recovery-point/gone-points.ts';
import { standingDamage } from '../../recovery-point/known-damage.ts';
import { isProven, type RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import { plural } from '../quantity-text.ts';
import type { AssessedSystem } from './assess-plan.ts';
import { type Facet, facet } from './facet.ts';
import type { VaultHistory } from './plan-history.ts';

export interface PointsFacts {
  readonly history: VaultHistory;
  readonly systems: readonly Pick<AssessedSystem, 'system'>[];
  readonly nowMs: number;
}

/** The gravest gives the status; the words name all of them. */
export function pointsFacet({ history, systems, nowMs }: PointsFacts): readonly Facet[] {
  const { records, snapshotIds, readAtMs, points, doubtful = [] } = history;
  if (readAtMs === undefined || snapshotIds === undefined) return [];
  const lost = [...new Set(records.map(({ vault }) => vault))].map((id) =>
    vaultPoints(id, { records, snapshotIds }),
  );
  const gone = lost.reduce((sum, each) => sum + each.gone.length, 0);
  const bereft = lost.flatMap((each) => bereftSystems(each));
  const { damaged, disproved } = faultyPoints(history, nowMs);
  const fields = { points: points.length, damaged: damaged.length, failed_proofs: disproved.length, gone };
  const planned = systems.map(({ system }) => system);
  const faults = [
    ...bereftFault(bereft),
    ...damageFault(damaged.length, points.length),
    ...proofFault(disproved, points, planned),
    ...(bereft.length > 0 ? [] : goneFault(gone)),
  ];
  const [gravest] = [...faults.filter(({ status }) => status === 'failed'), ...faults];
  if (gravest !== undefined) {
    const words = faults.map((fault) => fault.words).join('; ');
    return [{ ...facet('points', gravest.status, words, fields), ...codeOf(gravest) }];
  }
  if (points.length > 0) return [facet('points', 'ok', plural(points.length, 'point'), fields)];
  if (doubtful.length > 0) return [];
  const hadSome = records.some(({ type }) => type === 'forget');
  const words = hadSome ? 'holds no point any more: what it had was given up' : 'holds no point yet';
  return [facet('points', hadSome ? 'unknown' : 'none', words, fields)];
}

type Fault = Pick<Facet, 'status' | 'words' | 'code'>;

function codeOf({ code }: Fault): Pick<Facet, 'code'> {
  return code === undefined ? {} : { code };
}

/** `disproved`: what is stored is sound as far as is known, and a restore of it did not pass its checks. */
function faultyPoints({ points, records }: VaultHistory, nowMs: number) {
  const named = new Set(standingDamage(records, nowMs).flatMap(({ snapshotIds }) => snapshotIds));
  const faulty = points.filter(({ failure }) => failure !== undefined);
  const isDamaged = ({ failure, snapshotId }: RecoveryPoint): boolean =>
    failure?.foundBy === 'check' || named.has(snapshotId);
  return { damaged: faulty.filter(isDamaged), disproved: faulty.filter((point) => !isDamaged(point)) };
}

function bereftFault(systems: readonly string[]): readonly Fault[] {
  if (systems.length === 0) return [];
  const words = `${systems.join(', ')}: the last proven point is gone, and no record gave it up`;
  return [{ status: 'failed', words, code: 'VAULT_DAMAGED' }];
}

function damageFault(damaged: number, of: number): readonly Fault[] {
  if (damaged === 0) return [];
  const words = `${damaged} of ${plural(of, 'point')} met damage, and nothing has proved them since`;
  return [{ status: 'failed', words, code: 'VAULT_DAMAGED' }];
}

/** Which point failed matters less once a newer one is proven, and is no secret all the same. */
function proofFault(
  disproved: readonly RecoveryPoint[],
  points: readonly RecoveryPoint[],
  planned: readonly string[],
): readonly Fault[] {
  if (disproved.length === 0) return [];
  const count = `${disproved.length} of ${plural(points.length, 'point')} failed a proof`;
  const namesOf = (some: readonly RecoveryPoint[]) => [...new Set(some.map(({ system }) => system))].sort();
  const isOpen = (point: RecoveryPoint): boolean => !points.some((other) => supersedes(other, point));
  const open = namesOf(disproved.filter(isOpen));
  if (open.length === 0) {
    const words = `${count}; newer ones of ${namesOf(disproved).join(', ')} are proven`;
    return [{ status: 'unknown', words }];
  }
  const words = `${count}, and no newer one of ${open.join(', ')} is proven`;
  // what the plan does not name is not proven by it
  if (!open.some((system) => planned.includes(system))) return [{ status: 'unknown', words }];
  return [{ status: 'failed', words, code: 'VERIFICATION_FAILED' }];
}

function supersedes(newer: RecoveryPoint, { system, capturedAtMs }: RecoveryPoint): boolean {
  const isNewer = newer.system === system && newer.capturedAtMs > capturedAtMs;
  return isNewer && newer.complete && isProven(newer, 'approved');
}

function goneFault(gone: number): readonly Fault[] {
  if (gone === 0) return [];
  const words = `${gone === 1 ? 'a point is' : `${gone} points are`} gone or renamed, and no record says by whom`;
  return [{ status: 'unknown', words }];
}
