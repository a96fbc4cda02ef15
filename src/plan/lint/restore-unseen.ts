import type { Plan } from '../plan-schema.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import { transferOf } from '../shell/dump-programs.ts';
import { unpackTarget } from '../shell/load-input.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { isLiveRestore } from './live-restore.ts';
import {
  commandOfStep,
  expandedSteps,
  type PlacedStep,
  runbookEntries,
  sharesSystem,
  stepWords,
} from './runbook-steps.ts';

export const restoreUnseen: LintRule = {
  id: 'restore-unseen',
  number: 'T14',
  severity: 'warning',
  title: 'data goes into production before anybody has looked at it',
  explanation:
    'Nobody has seen what the backup holds before it takes the place of what is there. ' +
    'A wrong or broken recovery point is then found out by the people who use the system.',
  fix: 'Restore to staging, check it there, and move it into place; or verify the backup by restoring it elsewhere first.',
  check: (plan, _facts, written) =>
    runbookEntries(plan).flatMap(([name]) => runbookHits(plan, written, name)),
};

function runbookHits(plan: ResolvedPlan, written: Plan, runbook: string): readonly LintHit[] {
  const steps = expandedSteps(plan, runbook);
  return steps.flatMap((placed, index): readonly LintHit[] => {
    if (placed.runbook !== runbook) return [];
    const before = steps.slice(0, index).filter((step) => sharesSystem(step, placed));
    if (placed.step.do === 'move-into-place') return unchecked(placed, before);
    if (placed.section !== 'steps' || !isLiveRestore(plan, written, placed) || before.some(isLook)) return [];
    if (isSaidElsewhere(written, placed)) return [];
    return [
      {
        at: placed.at,
        message: `the ${stepWords(placed)} goes straight into production: nothing is restored to staging or looked at before`,
        suggestion: 'restore with "to: staging", then check, then "do: move-into-place"',
      },
    ];
  });
}

/** What deletes or unpacks in place has rules of its own, which say it better. */
function isSaidElsewhere(written: Plan, placed: PlacedStep): boolean {
  const calls = commandOfStep(written, placed)?.read.calls ?? [];
  return calls.some((call) => transferOf(call)?.deletes !== undefined || unpackTarget(call) !== undefined);
}

/** Steps after which it is known what the backup holds. */
function isLook({ step }: PlacedStep): boolean {
  if (step.do === 'restore') return step.to !== 'production';
  return step.do === 'verify-backup' && step.level === 'restored';
}

function unchecked(placed: PlacedStep, before: readonly PlacedStep[]): readonly LintHit[] {
  const restored = before.findLastIndex(({ step }) => step.do === 'restore' || step.do === 'apply-logs');
  const isChecked = before
    .slice(restored + 1)
    .some(({ step }) => step.do === 'check' || step.do === 'manual');
  if (restored === -1 || isChecked) return [];
  const relatedAt = { at: before[restored]?.at ?? placed.at, message: 'it is restored here' };
  const message = `the ${stepWords(placed)} follows the restore without a check between them`;
  return [{ at: placed.at, message, suggestion: 'put "do: check" before it', relatedAt }];
}
