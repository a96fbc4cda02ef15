import type { PlanPath } from '../plan-path.ts';
import type { Objective, ResolvedSystem } from '../resolved-plan.ts';
import type { LintHit } from './lint-rule.ts';

/** Points at one field of a system; at the system's name when the field is absent. */
export function systemPlace(name: string, ...rest: PlanPath): PlanPath {
  return ['systems', name, ...rest];
}

/** Where its times stand. Of several lines of backups the first is as good as any. */
export function schedulePlace({ name, backups }: ResolvedSystem): PlanPath {
  return backups[0]?.path ?? systemPlace(name, 'schedule');
}

/** A second place: where the objective stands that a finding is about. */
export function objectivePlace(objective: Objective, words: string): Pick<LintHit, 'relatedAt'> {
  const { path, kind } = objective.from;
  return kind === 'default' ? {} : { relatedAt: { at: path, message: `${words} stands here` } };
}
