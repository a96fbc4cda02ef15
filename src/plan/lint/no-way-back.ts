import type { Plan } from '../plan-schema.ts';
import type { ResolvedPlan, RunbookPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { isLiveRestore } from './live-restore.ts';
import {
  expandedSteps,
  type PlacedStep,
  runbookEntries,
  scenarioEntries,
  sharesSystem,
  stepWords,
} from './runbook-steps.ts';

export const noWayBack: LintRule = {
  id: 'no-way-back',
  number: 'T29',
  severity: 'warning',
  title: 'a restore overwrites production and leaves no way back',
  explanation:
    'The damaged state still holds what people did since the backup, and may be needed when the backup turns out to be worse. ' +
    'Without a copy of it and a way back written down, the restore is a bet.',
  fix: 'Put a safety-copy before the restore, and a rollback into the runbook that uses it.',
  check: (plan, _facts, written) =>
    runbookEntries(plan)
      .filter(([name]) => !hasNothingToKeep(plan, name))
      .flatMap(([name, book]) => runbookHits(plan, written, name, book)),
};

/** Where all is lost there is no damaged state: runbooks that answer nothing else. */
function hasNothingToKeep(plan: ResolvedPlan, runbook: string): boolean {
  const kinds = scenarioEntries(plan)
    .filter(([, { runbooks }]) => runbooks?.includes(runbook))
    .map(([, { kind }]) => kind);
  return kinds.length > 0 && kinds.every((kind) => kind === 'total-loss' || kind === 'site-loss');
}

function runbookHits(
  plan: ResolvedPlan,
  written: Plan,
  runbook: string,
  book: RunbookPlan,
): readonly LintHit[] {
  const steps = expandedSteps(plan, runbook);
  const own = steps.flatMap((placed, index) =>
    placed.runbook === runbook && placed.section === 'steps' && isLiveRestore(plan, written, placed)
      ? [{ placed, before: steps.slice(0, index) }]
      : [],
  );
  const overwriting = own.filter(({ before }) => !before.some(({ step }) => step.do === 'provision'));
  const unsaved = overwriting.filter(
    ({ placed, before }) => !before.some((step) => isSafetyCopy(step, placed)),
  );
  return [
    ...unsaved.map(({ placed }) => ({
      at: placed.at,
      message: `the ${stepWords(placed)} writes over production, and no step before it keeps the damaged state`,
      suggestion: 'put "do: safety-copy" before it',
    })),
    ...(book.rollback === undefined && overwriting.length > 0 ? withoutRollback(runbook, overwriting) : []),
  ];
}

function isSafetyCopy(step: PlacedStep, restore: PlacedStep): boolean {
  return step.step.do === 'safety-copy' && sharesSystem(step, restore);
}

function withoutRollback(
  runbook: string,
  [first]: readonly { readonly placed: PlacedStep }[],
): readonly LintHit[] {
  if (first === undefined) return [];
  return [
    {
      at: ['runbooks', runbook],
      onKey: true,
      message: `the runbook ${runbook} writes over production and does not say how it is taken back`,
      suggestion: 'add "rollback:" with the steps that put the safety copy back',
      relatedAt: { at: first.placed.at, message: 'it writes over production here' },
    },
  ];
}
