import { formatDuration } from '../duration.ts';
import type { Objective, ResolvedSystem } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import type { PlanFacts } from './plan-facts.ts';
import { objectivePlace, systemPlace } from './system-place.ts';
import { worstLoss } from './worst-loss.ts';

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
      return rpo === undefined || system.source === undefined ? [] : hitsOf(system, rpo, facts);
    }),
};

function hitsOf(system: ResolvedSystem, rpo: Objective, facts: PlanFacts): readonly LintHit[] {
  const at = systemPlace(system.name, 'schedule');
  const target = `the RPO of ${formatDuration(rpo.valueMs)}`;
  const related = objectivePlace(rpo, 'the RPO');
  const loss = worstLoss(system, facts);
  if (loss === undefined) {
    const why = system.schedules.length === 0 ? 'has no schedule' : 'runs only on an event';
    return [
      {
        at,
        message: `${system.name} ${why}, so nothing holds ${target}`,
        suggestion: 'add a schedule such as "hourly"',
        ...related,
      },
    ];
  }
  if (loss.totalMs <= rpo.valueMs) return [];
  const suggestion =
    rpo.valueMs === 0
      ? 'no schedule reaches zero; it takes synchronous replication to a second site'
      : suggestedSchedule(rpo, loss.captureMs);
  return [{ at, message: `${loss.arithmetic}, more than ${target}`, suggestion, ...related }];
}

/** Half of what the RPO leaves, so that one late run does not break it. */
function suggestedSchedule(rpo: Objective, captureMs: number): string {
  const minutes = Math.floor((rpo.valueMs - captureMs) / 2 / 60_000);
  const step = [1, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440].findLast(
    (each) => each <= minutes,
  );
  if (step === undefined) return 'a copy on a schedule is too slow for this RPO';
  return `"every ${step < 60 ? `${step} min` : `${step / 60}h`}" leaves room for one late run`;
}
