import { formatDuration } from '../duration.ts';
import { stepsOfRunbook } from '../graph/steps-of-runbook.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan, ResolvedSystem, RunbookPlan, StepPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import type { PlanFacts } from './plan-facts.ts';
import { reliedOn } from './relied-lines.ts';
import { systemLoss } from './system-loss.ts';
import { systemPlace } from './system-place.ts';

export const pitrProcedure: LintRule = {
  id: 'pitr-procedure',
  number: 'T22',
  severity: 'warning',
  title: 'no runbook applies the logs',
  explanation:
    'The log after the last backup is kept, but the written procedure restores the backup and goes on without it. ' +
    'Whoever follows the procedure loses everything since that backup.',
  fix: 'Add a step "do: apply-logs" after the step that restores.',
  check: (plan, facts) => {
    const covered = coverOf(plan);
    return plan.systems.flatMap((system) => hitsOf(plan, system, covered, facts));
  },
};

/** What the runbooks do with each system. */
interface Cover {
  /** Runbooks that restore it, with the step, as far as any system is meant by name. */
  readonly restoring: ReadonlyMap<string, PlanPath>;
  readonly applying: ReadonlySet<string>;
}

function hitsOf(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  cover: Cover,
  facts: PlanFacts,
): readonly LintHit[] {
  if (system.logs === undefined || system.source === undefined) return [];
  const at =
    system.runbook === undefined ? cover.restoring.get(system.name) : systemPlace(system.name, 'runbook');
  const applies =
    system.runbook === undefined
      ? cover.applying.has(system.name)
      : runbookApplies(plan, system.runbook, system.name);
  if (at === undefined || applies) return [];
  const { rpo } = system.objectives;
  const { withoutLogs } = systemLoss(plan, reliedOn(system).relied, facts);
  const isNeeded = rpo !== undefined && (withoutLogs === undefined || withoutLogs.totalMs > rpo.valueMs);
  const loss = withoutLogs === undefined ? '' : `: ${withoutLogs.arithmetic}`;
  const target =
    isNeeded && withoutLogs !== undefined ? `, more than the RPO of ${formatDuration(rpo.valueMs)}` : '';
  return [
    {
      at,
      severity: isNeeded ? 'error' : 'warning',
      message: `the runbook restores ${system.name} without applying its log${loss}${target}`,
      suggestion: 'add "do: apply-logs" after the restore',
      relatedAt: { at: systemPlace(system.name, 'logs'), message: 'the log stands here' },
    },
  ];
}

function runbookApplies(plan: ResolvedPlan, runbook: string, system: string): boolean {
  return [...stepsOfRunbook(plan, runbook).runbooks].some((name) => {
    const called = plan.runbooks[name];
    return called?.steps.some((step) => step.do === 'apply-logs' && concerns(step, called, system)) === true;
  });
}

/** A step that names no system is about those of its runbook; a runbook that names none is about whatever it is used for. */
function concerns(step: StepPlan, runbook: RunbookPlan, system: string): boolean {
  return systemsOf(step, runbook)?.includes(system) ?? true;
}

function systemsOf(step: StepPlan, runbook: RunbookPlan): readonly string[] | undefined {
  const own = 'systems' in step ? step.systems : undefined;
  return own ?? runbook.systems;
}

function coverOf(plan: ResolvedPlan): Cover {
  const restoring = new Map<string, PlanPath>();
  const applying = new Set<string>();
  const all = plan.systems.map(({ name }) => name);
  for (const { step, runbook, at } of allSteps(plan)) {
    const names = systemsOf(step, runbook) ?? all;
    if (step.do === 'apply-logs') for (const each of names) applying.add(each);
    if (step.do === 'restore') for (const each of names) restoring.set(each, restoring.get(each) ?? at);
  }
  return { restoring, applying };
}

interface PlacedStep {
  readonly step: StepPlan;
  readonly runbook: RunbookPlan;
  readonly at: PlanPath;
}

function allSteps(plan: ResolvedPlan): readonly PlacedStep[] {
  return Object.entries(plan.runbooks).flatMap(([name, runbook]) =>
    runbook.steps.map((step, index) => ({ step, runbook, at: ['runbooks', name, 'steps', index] })),
  );
}
