import { formatDuration } from '../duration.ts';
import type { ResolvedSystem } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import type { PlanFacts } from './plan-facts.ts';
import { restoreTime } from './restore-time.ts';
import { objectivePlace, systemPlace } from './system-place.ts';

export const rtoRestoreTime: LintRule = {
  id: 'rto-restore-time',
  number: 'T2',
  severity: 'warning',
  title: 'the restore takes longer than the RTO',
  explanation:
    'Restoring the data and starting the system takes longer than the RTO allows, even if it begins at once and everything ' +
    'else is there. It is an error when the restore was measured, and a warning while the figures are only declared.',
  fix: 'Restore faster (a nearer vault, less data, several parts at once), keep a running copy, or relax the RTO if its owner agrees.',
  check: (plan, facts) => plan.systems.flatMap((system) => hitOf(system, facts)),
};

function hitOf(system: ResolvedSystem, facts: PlanFacts): readonly LintHit[] {
  const { rto } = system.objectives;
  const time = restoreTime(system, facts);
  if (rto === undefined || time === undefined || time.valueMs <= rto.valueMs) return [];
  const overMs = time.valueMs - rto.valueMs;
  return [
    {
      at: systemPlace(system.name, 'estimates'),
      severity: time.isMeasured ? 'error' : 'warning',
      message:
        `${system.name}: ${time.words} = ${formatDuration(time.valueMs)}, ` +
        `${formatDuration(overMs)} more than the RTO of ${formatDuration(rto.valueMs)}`,
      suggestion: remedyFor(system),
      ...objectivePlace(rto, 'the RTO'),
    },
  ];
}

/** A copy that runs already helps when a site is lost, and has the damage when data is. */
function remedyFor({ replication }: ResolvedSystem): string {
  const [copy] = replication;
  return copy === undefined
    ? 'restore less or faster, or keep a running copy'
    : `restore less or faster, or give the scenarios that damage data an RTO of their own with the reason in "override": the copy at ${copy.to} follows damage`;
}
