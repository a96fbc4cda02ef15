import { stepsOfRunbook } from '../graph/steps-of-runbook.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { namesInWords } from './names-in-words.ts';
import { hours } from './normal-age.ts';

export const breachNotice: LintRule = {
  id: 'breach-notice',
  number: 'N7',
  severity: 'warning',
  title: 'a breach must be reported, and nobody is bound to do it',
  explanation:
    'A framework gives some hours in which an authority must hear of a breach, and the clock starts when it is noticed. ' +
    'Without a person who owns that clock and a step that tells, it runs out while everybody is restoring.',
  fix: 'Say with notified_by who owns the clock, and add a notify step to the runbook of the breach.',
  check: (plan) => [...ownerHits(plan), ...stepHits(plan)],
};

function bound(plan: ResolvedPlan) {
  return Object.entries(plan.compliance?.frameworks ?? {}).flatMap(([name, framework]) =>
    framework.notify_within === undefined ? [] : [{ name, framework, within: framework.notify_within }],
  );
}

function ownerHits(plan: ResolvedPlan): readonly LintHit[] {
  return bound(plan).flatMap(({ name, framework, within }) =>
    (framework.notified_by ?? []).length > 0
      ? []
      : [
          {
            at: ['compliance', 'frameworks', name, 'notify_within'],
            message: `${framework.name ?? name} gives ${hours(within)} to report a breach, and nobody owns that clock`,
            suggestion: 'add notified_by',
          },
        ],
  );
}

function stepHits(plan: ResolvedPlan): readonly LintHit[] {
  const [first] = bound(plan);
  if (first === undefined) return [];
  const silent = Object.entries(plan.scenarios).filter(
    ([, { kind, runbooks }]) =>
      kind === 'security-breach' &&
      !(runbooks ?? []).some((name) => stepsOfRunbook(plan, name).steps.some((step) => step.do === 'notify')),
  );
  const [scenario] = silent;
  if (scenario === undefined) return [];
  const at: PlanPath = ['scenarios', scenario[0]];
  return [
    {
      at,
      onKey: true,
      message: `no step tells anybody in ${namesInWords(silent.map(([name]) => name))}, and ${first.framework.name ?? first.name} gives ${hours(first.within)}`,
      suggestion: 'add a step "do: notify" to its runbook',
      relatedAt: {
        at: ['compliance', 'frameworks', first.name, 'notify_within'],
        message: 'the time stands here',
      },
    },
  ];
}
