import { formatDuration } from '../duration.ts';
import type { Objective, ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { denserSchedule, denserScheduleEdit } from './denser-schedule.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import type { PlanFacts } from './plan-facts.ts';
import { systemLoss } from './system-loss.ts';
import { objectivePlace, schedulePlace, systemPlace } from './system-place.ts';

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
  const at = schedulePlace(system);
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
        ...denserScheduleEdit(plan, system, denserSchedule(rpo.valueMs, 0)),
        ...related,
      },
    ];
  }
  if (counted.totalMs <= rpo.valueMs) return [];
  const message = `${counted.arithmetic}, more than ${target}`;
  if (counted.terms.some(({ kind }) => kind === 'log lag'))
    return [
      {
        at: systemPlace(system.name, 'logs', 'max_lag'),
        message,
        suggestion: logSuggestion(rpo),
        ...related,
      },
    ];
  const denser = denserSchedule(rpo.valueMs, runMs);
  const suggestion = suggestionOf(rpo, denser);
  const edits = denserScheduleEdit(plan, system, denser);
  return [{ at, message, suggestion, ...edits, ...related }];
}

function logSuggestion(rpo: Objective): string {
  return rpo.valueMs === 0
    ? 'only logs that are acknowledged before the commit lose nothing'
    : `allow the logs to be at most ${formatDuration(rpo.valueMs)} behind`;
}

function suggestionOf(rpo: Objective, denser: string | undefined): string {
  if (rpo.valueMs === 0) return 'no schedule reaches zero; it takes synchronous replication to a second site';
  if (denser === undefined) return 'a copy on a schedule is too slow for this RPO';
  return `"${denser}" leaves room for one late run`;
}
