/** What a plan owes one of its vaults, from what was read of all of them. */
import { defined } from '../../error/assert.ts';
import { copyRoute } from '../../plan/copy-route.ts';
import { movesAfterMs } from '../../plan/nearest-retention.ts';
import type { ResolvedPlan, ResolvedSystem } from '../../plan/resolved-plan.ts';
import { type CopyVault, type OwedCopy, owedCopies } from '../../recovery-point/owed-copies.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import { policiesOf } from '../retention/plan-policies.ts';

export interface PlanCopyQuestion {
  readonly plan: ResolvedPlan;
  readonly system: ResolvedSystem;
  readonly target: CopyVault;
  /** Of vaults that can be read; the target may be among them. */
  readonly histories: readonly CopyVault[];
  readonly nowMs: number;
  readonly asked?: (point: RecoveryPoint) => boolean;
}

/** From the vault that it is a copy of where that one has the point; from those that answer slowly only if no other has. */
export function owedInPlan(question: PlanCopyQuestion): readonly OwedCopy[] {
  const { plan, system, target, nowMs, asked } = question;
  const vaultOf = (name: string) =>
    defined(
      plan.vaults.find((vault) => vault.name === name),
      'a vault of the plan',
    );
  const route = copyRoute(plan, system).vaults;
  const filledBy = route.find(({ name }) => name === target.vault)?.filledBy;
  const rank = ({ vault }: CopyVault): number => {
    if (vault === filledBy) return 0;
    return vaultOf(vault).declared.storage_class === undefined ? 1 : 2;
  };
  const vault = vaultOf(target.vault);
  const afterMs = asked === undefined ? movesAfterMs(system, vault) : 0;
  const inOrder = route.flatMap(({ name }) => question.histories.filter(({ vault }) => vault === name));
  return owedCopies({
    system: system.name,
    target,
    sources: inOrder
      .filter((source) => source.vault !== target.vault)
      .toSorted((a, b) => rank(a) - rank(b))
      .map((source) => ofAge(source, afterMs, nowMs)),
    policies: policiesOf(system, vault),
    nowMs,
    ...(asked === undefined ? {} : { asked }),
  });
}

/** An archive is owed what is old enough to move there; what somebody asked for by name moves at any age. */
function ofAge(source: CopyVault, afterMs: number, nowMs: number): CopyVault {
  if (afterMs === 0) return source;
  return { ...source, points: source.points.filter(({ capturedAtMs }) => nowMs - capturedAtMs >= afterMs) };
}
