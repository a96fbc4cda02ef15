import type { ResolvedPlan } from '../resolved-plan.ts';
import { erasureControls } from './erasure-duties.ts';
import type { LintHit, LintRule } from './lint-rule.ts';

export const erasureAnswer: LintRule = {
  id: 'erasure-answer',
  number: 'T20',
  severity: 'warning',
  title: 'erasure is demanded, and the backups have no answer',
  explanation:
    'Somebody who must be forgotten is forgotten in the live data, while every backup still knows them. Without a way out ' +
    'of the backups, and without erasing again after a restore, the demand is broken by the next recovery.',
  fix: 'Add compliance.erasure with a method and a time, and erase again after every restore.',
  check: (plan) => [...missing(plan), ...forgotten(plan)],
};

function missing(plan: ResolvedPlan): readonly LintHit[] {
  if (plan.compliance?.erasure !== undefined) return [];
  const [control] = erasureControls(plan);
  if (control === undefined) return [];
  const message = `${control.words} demands erasure, and the plan does not say how data leaves the backups`;
  return [{ at: control.at, message, suggestion: 'add compliance.erasure, for example "method: age-out"' }];
}

function forgotten(plan: ResolvedPlan): readonly LintHit[] {
  const erasure = plan.compliance?.erasure;
  if (erasure === undefined || erasure.reapplied || hasStep(plan)) return [];
  return [
    {
      at: ['compliance', 'erasure', 'reapplied'],
      message: 'a restore brings back what was erased since the point, and nothing erases it again',
      suggestion: 'add a step "do: reapply-erasures" to the runbooks that restore, and say "reapplied: true"',
    },
  ];
}

function hasStep(plan: ResolvedPlan): boolean {
  return Object.values(plan.runbooks).some(({ steps, afterwards }) =>
    [...steps, ...(afterwards ?? [])].some((step) => step.do === 'reapply-erasures'),
  );
}
