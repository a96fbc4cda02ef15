/**
 * Whether it can be known that nothing is suspicious about the systems that have points in a vault. Suspicion is seen in
 * the records of captures, and those lie in the vault that took the capture: while that one is away, and this machine
 * never read it or lacks the record of a point that came from it since, nothing is deleted in the others.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { copyRoute } from '../../plan/copy-route.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import { reaches } from './plan-pauses.ts';

/** DELETION_PAUSED, or `undefined`. `histories` are those of all vaults of the plan. Pure. */
export function blindSpot(
  session: PlanSession,
  histories: readonly VaultHistory[],
  history: VaultHistory,
): LifeboatError | undefined {
  for (const system of session.plan.systems) {
    if (!reaches(session, history, system.name)) continue;
    const away = takersOf(session, system)
      .filter((name) => name !== history.vault)
      .flatMap((name) => histories.filter(({ vault, isStale }) => vault === name && isStale === true));
    const unread = away.find(({ readAtMs }) => readAtMs === undefined);
    const unknown = unread ?? (hasUnknownCapture(system, histories, history) ? away[0] : undefined);
    if (unknown !== undefined) return blind(history.vault, unknown, system);
  }
  return undefined;
}

/** Vaults that captures go into; those that are a copy of another one take them from there. */
function takersOf({ plan }: PlanSession, system: ResolvedSystem): readonly string[] {
  const { vaults } = copyRoute(plan, system);
  return vaults.filter(({ filledBy }) => filledBy === undefined).map(({ name }) => name);
}

/** A point was copied here whose capture no record that is known tells of. */
function hasUnknownCapture(
  { name }: ResolvedSystem,
  histories: readonly VaultHistory[],
  { points }: VaultHistory,
): boolean {
  const captured = new Set(
    histories.flatMap(({ records }) =>
      records.flatMap((record) =>
        record.type === 'backup' && record.system === name ? [record.capturedAtMs] : [],
      ),
    ),
  );
  return points.some((point) => point.system === name && !captured.has(point.capturedAtMs));
}

function blind(vault: string, away: VaultHistory, system: ResolvedSystem): LifeboatError {
  const since = away.readAtMs === undefined ? 'was never read here' : 'has taken captures since it was read';
  return new LifeboatError(
    'DELETION_PAUSED',
    `nothing is deleted in ${vault}: the vault ${away.vault} cannot be reached and ${since}, so nobody knows whether ${system.name} is suspicious`,
    {
      hint: `See that ${away.vault} can be reached, then run the command again; or run it on a machine that reaches both.`,
      details: { vault: away.vault, system: system.name },
    },
  );
}
