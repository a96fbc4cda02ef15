/** A point that an archive is owed is given up nowhere before it is there: it moves, and is not lost in between. */
import { copyRoute } from '../../plan/copy-route.ts';
import { archiveMoveOf, nearestRetentions } from '../../plan/nearest-retention.ts';
import type { ResolvedPlan, ResolvedSystem } from '../../plan/resolved-plan.ts';
import type { CopyVault } from '../../recovery-point/owed-copies.ts';
import type { KeepDecision } from '../../recovery-point/retention-choice.ts';
import { owedInPlan } from '../plan/owed-in-plan.ts';
import type { VaultPoint } from './vault-point.ts';

/**
 * By the moment of their capture the points that have yet to move, each with the archive that waits for it. Of an
 * archive that nobody could read nothing is known to be there, so all that is to lie there waits. `histories`: of all
 * vaults of the plan.
 */
export function awaitingArchive(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  histories: readonly CopyVault[],
  nowMs: number,
): ReadonlyMap<number, string> {
  const waiting = new Map<number, string>();
  for (const { name } of copyRoute(plan, system).vaults) {
    const archive = plan.vaults.find((vault) => vault.name === name);
    if (archive === undefined) continue;
    const moves = nearestRetentions(system, archive).some(
      (line) => archiveMoveOf(line, archive) !== undefined,
    );
    if (!moves) continue;
    const target = histories.find(({ vault }) => vault === name) ?? { vault: name, records: [], points: [] };
    for (const { point } of owedInPlan({ plan, system, target, histories, nowMs }))
      waiting.set(point.capturedAtMs, name);
  }
  return waiting;
}

/** What must be gone goes all the same. */
export function keepAwaiting(
  decisions: readonly KeepDecision<VaultPoint>[],
  waiting: ReadonlyMap<number, string>,
): readonly KeepDecision<VaultPoint>[] {
  return decisions.map((decision) => {
    const archive = waiting.get(decision.point.timeMs);
    if (decision.kept || decision.isTooOld || archive === undefined) return decision;
    return { ...decision, kept: true, reasons: [`has yet to move to ${archive}`] };
  });
}
