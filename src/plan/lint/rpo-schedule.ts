import { formatDuration } from '../duration.ts';
import type { Objective, ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { denserSchedule, denserScheduleEdit } from './denser-schedule.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import type { PlanFacts } from './plan-facts.ts';
import { leftInWords, reliedOn } from './relied-lines.ts';
import { systemLoss } from './system-loss.ts';
import { objectivePlace, schedulePlace } from './system-place.ts';

export const rpoSchedule: LintRule = {
  id: 'rpo-schedule',
  number: 'T4',
  also: ['T3'],
  severity: 'error',
  title: 'the schedule cannot meet the RPO',
  explanation:
    'Between two backups everything that is written exists once, so the worst loss is the longest gap between runs ' +
    'plus the time that a capture takes. That sum is more than the RPO allows, even if every run succeeds.',
  fix: 'Run more often, or relax the RPO if its owner agrees.',
  check: (plan, facts) =>
    plan.systems.flatMap((system) => {
      const { rpo } = system.objectives;
      // Of an RPO of zero `rpo-zero` speaks.
      if (rpo === undefined || rpo.valueMs === 0 || system.source === undefined) return [];
      return isCapturedOnChange(system) ? [] : hitsOf(plan, system, rpo, facts);
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
  const { relied, left } = reliedOn(system);
  const { counted, runMs } = systemLoss(plan, relied, facts);
  if (counted === undefined) {
    const why = reasonOf(relied);
    return [
      {
        at,
        message: `${system.name} ${why}${leftInWords(left)}, so nothing holds ${target}`,
        suggestion: 'add a schedule such as "hourly"',
        ...denserScheduleEdit(plan, system, denserSchedule(plan, system, rpo.valueMs, runMs)),
        ...related,
      },
    ];
  }
  // While it is the log that counts, how far it may be behind is for `rpo-by-logs` to judge.
  if (counted.totalMs <= rpo.valueMs || counted.terms.some(({ kind }) => kind === 'log lag')) return [];
  const message = `${counted.arithmetic}${leftInWords(left)}, more than ${target}`;
  const denser = denserSchedule(plan, system, rpo.valueMs, runMs);
  const suggestion = denser === undefined ? tooSlow : `"${denser}" leaves room for one late run`;
  const edits = denserScheduleEdit(plan, system, denser);
  return [{ at, message, suggestion, ...edits, ...related }];
}

function reasonOf({ schedules }: ResolvedSystem): string {
  if (schedules.length === 0) return 'has no schedule';
  const isContinuous = schedules.every(({ kind }) => kind === 'continuous');
  return isContinuous
    ? 'is said to run continuously, which leaves no point at any set time'
    : 'runs only on an event';
}

const tooSlow =
  'a copy on a schedule is too slow for this RPO: keep the log of the database as well ("logs")';

/** Every change of a repository is a commit, so that a capture on each commit leaves nothing between two of them. */
function isCapturedOnChange({ source, schedules }: ResolvedSystem): boolean {
  return (
    source?.kind === 'git' &&
    schedules.some((schedule) => schedule.kind === 'event' && schedule.event === 'commit')
  );
}
