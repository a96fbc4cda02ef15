/** How far each vault of a system is behind the others, from what was read of them. */
import type { CopyLagFacts } from '../../objective/copy-lag.ts';
import { copyRoute } from '../../plan/copy-route.ts';
import { movesAfterMs } from '../../plan/nearest-retention.ts';
import type { ResolvedPlan, ResolvedSystem } from '../../plan/resolved-plan.ts';
import { owedInPlan } from './owed-in-plan.ts';
import type { VaultHistory } from './plan-history.ts';

/** One for each vault on the system's route; nothing where there is only one. `histories`: of these vaults. */
export function copyLagsOf(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  histories: readonly VaultHistory[],
  nowMs: number,
): readonly CopyLagFacts[] {
  const { vaults } = copyRoute(plan, system);
  if (vaults.length < 2) return [];
  return vaults.flatMap(({ name, filledBy }) => {
    const target = histories.find(({ vault }) => vault === name);
    if (target === undefined) return [];
    const sources = histories.filter(({ vault, trouble }) => vault !== name && trouble === undefined);
    const owed = owedInPlan({ plan, system, target, histories: sources, nowMs });
    const afterMs = movesAfterMsOf(plan, system, name);
    const since = owed.map(({ point }) => Math.max(point.proof.written.atMs, point.capturedAtMs + afterMs));
    const doubt = doubtOf(target, histories, filledBy ?? vaults.find((vault) => vault.name !== name)?.name);
    return [
      {
        system: system.name,
        vault: name,
        owedPoints: owed.length,
        ...(target.readAtMs === undefined ? {} : { factsAtMs: target.readAtMs }),
        ...(since.length === 0 ? {} : { owedSinceMs: Math.min(...since) }),
        ...(doubt === undefined ? {} : { doubt }),
      },
    ];
  });
}

/** A vault that older points move to is not late before they are old enough. */
function movesAfterMsOf(plan: ResolvedPlan, system: ResolvedSystem, name: string): number {
  const vault = plan.vaults.find((each) => each.name === name);
  return vault === undefined ? 0 : movesAfterMs(system, vault);
}

/** The vault itself, and the one that points usually come from: what is in neither is known of no copy. */
function doubtOf(
  target: VaultHistory,
  histories: readonly VaultHistory[],
  usualSource: string | undefined,
): string | undefined {
  if (target.trouble !== undefined) return `${target.vault} cannot be counted on: ${target.trouble.message}`;
  const source = histories.find(({ vault }) => vault === usualSource);
  if (source?.trouble === undefined) return undefined;
  return `${source.vault}, which ${target.vault} is filled from, cannot be counted on: ${source.trouble.message}`;
}
