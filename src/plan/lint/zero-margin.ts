import { formatDuration } from '../duration.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { denserSchedule, denserScheduleEdit } from './denser-schedule.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import type { PlanFacts } from './plan-facts.ts';
import { reliedOn } from './relied-lines.ts';
import { systemLoss } from './system-loss.ts';
import { objectivePlace, schedulePlace } from './system-place.ts';

/** A run that is this late is nothing unusual. */
const usualDelayMs = 5 * 60_000;

export const zeroMargin: LintRule = {
  id: 'zero-margin',
  number: 'T8',
  severity: 'warning',
  title: 'the schedule leaves no room for a late run',
  explanation:
    'The worst loss on paper is as large as the RPO, or a few minutes less. A single run that is late or has to be ' +
    'repeated breaches the objective.',
  fix: 'Run at least twice as often as the RPO demands.',
  check: (plan, facts) => plan.systems.flatMap((system) => hitsOf(plan, system, facts)),
};

function hitsOf(plan: ResolvedPlan, system: ResolvedSystem, facts: PlanFacts): readonly LintHit[] {
  const { rpo } = system.objectives;
  if (rpo === undefined || system.source === undefined) return [];
  const { counted, runMs } = systemLoss(plan, reliedOn(system).relied, facts);
  // Logs that are shipped all the time have no next run that could be late.
  if (counted === undefined || counted.terms.some(({ kind }) => kind === 'log lag')) return [];
  const marginMs = rpo.valueMs - counted.totalMs;
  if (marginMs < 0 || marginMs >= usualDelayMs) return [];
  const margin = marginMs === 0 ? 'no margin' : `only ${formatDuration(marginMs)} of margin`;
  const message = `${counted.arithmetic}, which leaves ${margin} to the RPO of ${formatDuration(rpo.valueMs)}`;
  const edits = denserScheduleEdit(plan, system, denserSchedule(plan, system, rpo.valueMs, runMs));
  return [{ at: schedulePlace(system), message, ...edits, ...objectivePlace(rpo, 'the RPO') }];
}
