import { formatDuration } from '../duration.ts';
import type { Objective, ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';

export const inheritedObjective: LintRule = {
  id: 'inherited-objective',
  number: 'T24',
  severity: 'warning',
  title: 'a system inherits less than its tier promises',
  explanation:
    'The data class of the system is nearer than its tier, so the laxer objective of the data class wins. ' +
    'A tier that needs such data cannot be back, or complete, as fast as it says.',
  fix: 'Write on the system itself which of the two holds, or make the objective of the data class as strict as that of the tier.',
  check: (plan) =>
    plan.systems.flatMap((system) =>
      (['rto', 'rpo'] as const).flatMap((key) => hitOf(plan, system, key, system.objectives[key])),
    ),
};

function hitOf(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  key: 'rto' | 'rpo',
  objective: Objective | undefined,
): readonly LintHit[] {
  const { tier } = system;
  if (tier === undefined || objective?.from.kind !== 'data class') return [];
  const tierMs = Object.hasOwn(plan.tiers, tier) ? plan.tiers[tier]?.[key] : undefined;
  if (tierMs === undefined || tierMs >= objective.valueMs) return [];
  const word = key.toUpperCase();
  const className = String(objective.from.path[1]);
  const more = formatDuration(objective.valueMs - tierMs);
  return [
    {
      at: ['systems', system.name, 'data_classes'],
      severity: system.critical ? 'error' : 'warning',
      message:
        `${system.name} is of the tier ${tier} with an ${word} of ${formatDuration(tierMs)}, but inherits ` +
        `${formatDuration(objective.valueMs)} from its data class ${className}, ${more} more`,
      suggestion: `write "${key}" into the objectives of ${system.name}, or give ${className} at most ${formatDuration(tierMs)}`,
      relatedAt: { at: objective.from.path, message: `the ${word} of ${className} stands here` },
    },
  ];
}
