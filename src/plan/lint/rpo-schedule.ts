import { formatDuration } from '../duration.ts';
import type { Objective, ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { denserSchedule, denserScheduleEdit } from './denser-schedule.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import type { PlanFacts } from './plan-facts.ts';
import { systemLoss } from './system-loss.ts';
import { objectivePlace, systemPlace } from './system-place.ts';

export const rpoSchedule: LintRule = {
  id: 'rpo-schedule',
  number: 'T4',
  severity: 'error',
  title: 'the schedule cannot meet the RPO',
  explanation:
    'Between two backups everything that is written exists once, so the worst loss is the longest gap between runs ' +
    'plus the time that a capture takes. That sum is more than the RPO allows, even if every run succeeds.',
  fix: 'Run more often, or relax the RPO if its owner agrees.',
  check: (plan, facts) =>
    plan.systems.flatMap((system) => {
      const { rpo } = system.objectives;
      return rpo === undefined || system.source === undefined ? [] : hitsOf(plan, system, rpo, facts);
    }),
};

function hitsOf(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  rpo: Objective,
  facts: PlanFacts,
): readonly LintHit[] {
  const at = systemPlace(system.name, 'schedule');
  const target = `the RPO of ${formatDuration(rpo.valueMs)}`;
  const related = objectivePlace(rpo, 'the RPO');
  const { counted, runMs } = systemLoss(plan, system, facts);
  if (counted === undefined) {
    const why = system.schedules.length === 0 ? 'has no schedule' : 'runs only on an event';
    return [
      {
        at,
        message: `${system.name} ${why}, so nothing holds ${target}`,
        suggestion: 'add a schedule such as "hourly"',
        ...denserScheduleEdit(system, denserSchedule(rpo.valueMs, 0)),
        ...related,
      },
    ];
  }
  if (counted.totalMs <= rpo.valueMs) return [];
  const denser = denserSchedule(rpo.valueMs, runMs);
  const suggestion = suggestionOf(rpo, denser);
  const edits = denserScheduleEdit(system, denser);
  return [{ at, message: `${counted.arithmetic}, more than ${target}`, suggestion, ...edits, ...related }];
}

function suggestionOf(rpo: Objective, denser: string | undefined): string {
  if (rpo.valueMs === 0) return 'no schedule reaches zero; it takes synchronous replication to a second site';
  if (denser === undefined) return 'a copy on a schedule is too slow for this RPO';
  return `"${denser}" leaves room for one late run`;
}
