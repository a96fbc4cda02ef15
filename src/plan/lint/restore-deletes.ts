import type { Plan } from '../plan-schema.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import { isTrial, transferOf } from '../shell/dump-programs.ts';
import { ofLine, shortWords } from './command-place.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { livePlace } from './live-place.ts';
import type { PlanCommand } from './plan-commands.ts';
import { planCommands } from './plan-commands.ts';

export const restoreDeletes: LintRule = {
  id: 'restore-deletes',
  number: 'T14',
  severity: 'warning',
  title: 'a restore deletes what is newer than the backup',
  explanation:
    'A synchronisation that deletes makes production equal to the backup, so all that people made since then is gone as well. ' +
    'Nothing of it can be brought back, for no backup holds it.',
  fix: 'Copy without deleting to a place beside production, compare both, then move into place what is wanted.',
  check: (plan, _facts, written) =>
    planCommands(written)
      .filter(({ at, role }) => (at[0] === 'runbooks' && !buildingRoles.includes(role)) || role === 'undo')
      .flatMap((command) => hitsOf(plan, written, command)),
};

/** What makes a place equal to something that was built is no restore. */
const buildingRoles: readonly PlanCommand['role'][] = ['deploy', 'provision', 'migrate'];

function hitsOf(plan: ResolvedPlan, written: Plan, command: PlanCommand): readonly LintHit[] {
  return command.read.calls.flatMap((call) => {
    const transfer = transferOf(call);
    if (transfer?.deletes === undefined || isTrial(call)) return [];
    const target = shortWords(transfer.to.text);
    const live = livePlace(plan, transfer.to.text);
    const isRestore = command.role === 'restore' || command.role === 'undo';
    if (live === undefined && (!isRestore || /te?mp|stag|sandbox|restor|scratch|test/i.test(target)))
      return [];
    const isInPlace = live !== undefined || intoProduction(written, command);
    const where = live === undefined ? target : `${target}, where ${live} lives,`;
    const message = `${call.program} with ${transfer.deletes} removes from ${where} all that is not in the backup${ofLine(command, call.line)}`;
    return [
      {
        at: command.at,
        ...(isInPlace ? { severity: 'error' as const } : {}),
        message,
        suggestion: `leave out ${transfer.deletes}, restore to a place beside it, compare, then move into place`,
      },
    ];
  });
}

function intoProduction(written: Plan, { at }: PlanCommand): boolean {
  const [, runbook = '', section, index] = at;
  const book = written.runbooks?.[runbook];
  if (section !== 'steps' && section !== 'rollback' && section !== 'verification') return false;
  const step = typeof index === 'number' ? book?.[section]?.[index] : undefined;
  return step?.do === 'restore' && step.to === 'production';
}
