/** Two plans compared by what they mean: layout, order, spelling and values written out make no difference. */
import { isPlaceholder } from '../placeholder.ts';
import type { Plan } from '../plan-schema.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { normalisedPlan } from '../show/normalised-plan.ts';
import { fieldChanges } from './field-changes.ts';
import { objectiveChanges } from './objective-changes.ts';
import type { Direction, PlanChange } from './plan-change.ts';
import { scheduleChanges } from './schedule-changes.ts';

export interface ComparedPlan {
  readonly plan: Plan;
  readonly resolved: ResolvedPlan;
}

/** From `before` to `after`; weaker promises first, then as the plan goes. Pure. */
export function comparePlans(before: ComparedPlan, after: ComparedPlan): readonly PlanChange[] {
  const old = normalisedPlan(before.plan, before.resolved).data;
  const changes = [
    ...systemChanges(before.resolved, after.resolved),
    ...fieldChanges(old, normalisedPlan(after.plan, after.resolved).data),
  ];
  return changes
    .map((change) => withApproval(change, before.resolved))
    .toSorted((left, right) => directionRank[left.direction] - directionRank[right.direction]);
}

const directionRank: Readonly<Record<Direction, number>> = { relaxed: 0, other: 1, tightened: 2 };

/** What a comparison of fields would not say in words: objectives wherever they come from, schedules by their gap. */
function systemChanges(before: ResolvedPlan, after: ResolvedPlan): readonly PlanChange[] {
  const known = new Map(before.systems.map((system) => [system.name, system]));
  return after.systems.flatMap((system) => {
    const old = known.get(system.name);
    return old === undefined ? [] : [...objectiveChanges(old, system), ...scheduleChanges(old, system)];
  });
}

/** Whoever answers for what is promised less has to agree; the one who answered for it before. */
function withApproval(change: PlanChange, before: ResolvedPlan): PlanChange {
  if (change.direction !== 'relaxed') return change;
  const [block, name] = change.path;
  const system: ResolvedSystem | undefined =
    block === 'systems' ? before.systems.find((each) => each.name === name) : undefined;
  const owner = system?.owner ?? before.metadata.owner;
  return { ...change, approval: isPlaceholder(owner) ? 'the owner, who is not named yet' : owner };
}
