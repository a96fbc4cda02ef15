import { copyRoute, type RoutedVault } from '../copy-route.ts';
import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { factOf, type PlanFacts } from './plan-facts.ts';
import { systemPlace } from './system-place.ts';

export const copyTooLate: LintRule = {
  id: 'copy-too-late',
  severity: 'warning',
  title: 'a vault cannot have its copies as soon as copy_within asks',
  explanation:
    'The copy alone takes longer than copy_within allows, or the vault is filled from one that may itself have the points ' +
    'later. Then `status` breaches after every backup although nothing is broken, and people learn to look away.',
  fix: 'Lengthen copy_within, shorten that of the vault it is filled from, or make the copy faster (limits.upload).',
  check: (plan, facts) => [
    ...plan.systems.flatMap((system) => durationHits(plan, system, facts)),
    ...chainHits(plan),
  ],
};

function durationHits(plan: ResolvedPlan, system: ResolvedSystem, facts: PlanFacts): readonly LintHit[] {
  if (system.source === undefined) return [];
  const [first, ...others] = copyRoute(plan, system).vaults;
  if (first === undefined) return [];
  return others.flatMap(({ name, copyWithinMs }) => {
    const copy = copyTime(system, name, facts);
    if (copyWithinMs === undefined || copy === undefined || copy.valueMs <= copyWithinMs) return [];
    return [
      {
        at: withinPlace(name),
        // an estimate is made for a first copy as well, which is longer than what follows
        ...(copy.at === undefined ? {} : { severity: 'info' }),
        message: `the copy of ${system.name} into ${name} takes ${formatDuration(copy.valueMs)} (${copy.from}), and copy_within is ${formatDuration(copyWithinMs)}`,
        suggestion: `allow more than ${formatDuration(copy.valueMs)}`,
        ...(copy.at === undefined ? {} : { relatedAt: { at: copy.at, message: 'the estimate stands here' } }),
      },
    ];
  });
}

interface CopyTime {
  readonly valueMs: number;
  readonly from: string;
  readonly at?: PlanPath;
}

function copyTime(system: ResolvedSystem, vault: string, facts: PlanFacts): CopyTime | undefined {
  const measure = factOf(factOf(facts.measured, system.name)?.copyMs, vault);
  if (measure !== undefined) return { valueMs: wholeSeconds(measure.value), from: measure.from };
  const estimate = system.estimates.copy;
  if (estimate === undefined) return undefined;
  return { valueMs: estimate, from: 'as estimated', at: systemPlace(system.name, 'estimates', 'copy') };
}

function wholeSeconds(valueMs: number): number {
  return valueMs < 1000 ? valueMs : Math.round(valueMs / 1000) * 1000;
}

/** What is a copy of another vault waits for it. */
function chainHits(plan: ResolvedPlan): readonly LintHit[] {
  return plan.vaults.flatMap(({ name, declared }) => {
    const source = plan.vaults.find((vault) => vault.name === declared.filled_by && vault.name !== name);
    const [own, before] = [declared.copy_within, source?.declared.copy_within];
    if (source === undefined || own === undefined || before === undefined || own >= before) return [];
    return [
      {
        at: withinPlace(name),
        message: `${name} must have points within ${formatDuration(own)}, and is filled from ${source.name}, which may have them after ${formatDuration(before)}`,
        suggestion: `allow at least ${formatDuration(before)}, or fill it from another vault`,
        relatedAt: { at: withinPlace(source.name), message: `copy_within of ${source.name} stands here` },
      },
    ];
  });
}

function withinPlace(vault: RoutedVault['name']): PlanPath {
  return ['vaults', vault, 'copy_within'];
}
