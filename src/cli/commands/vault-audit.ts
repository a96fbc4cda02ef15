/** `lifeboat vault audit`: can anybody delete what the points of a vault need, and until when not? */

import { LifeboatError } from '../../error/lifeboat-error.ts';
import {
  type AuditRequest,
  auditError,
  auditVault,
  auditVerdict,
  lockOf,
  recordAudit,
  type VaultAudit,
} from '../audit/audit-vault.ts';
import { chooseVaultNamed } from '../choose-vault.ts';
import type { CliContext, VaultRequest } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import type { Input } from '../input.ts';
import { planOptions } from '../load-plan.ts';
import { manualRun } from '../manual-run.ts';
import { momentText, plural } from '../quantity-text.ts';

export const vaultAudit: Command = {
  description:
    'Proves that nothing that the points of a vault need can be deleted before a date: asks the store of every pack, index ' +
    'file, snapshot, key and the config until when it keeps it, and compares what was put more than once with its name. ' +
    'Says the date for each system and keeps it as a record, which `lifeboat copies` shows. What can be deleted ends with exit code 4.',
  arguments: [
    {
      name: 'VAULT',
      kind: 'optional',
      description: "the vault's name in the plan, or its address (default: the plan's primary vault)",
    },
  ],
  options: [
    {
      flag: '--extend',
      description: 'first retain for longer what is kept for less than half of what the plan says',
    },
    {
      flag: '--try-deleting',
      description: 'also try to delete for good an object that is retained as the others are',
    },
    {
      flag: '--yes-delete-from',
      value: 'VAULT',
      description:
        'with --try-deleting: try it on everything the points need; VAULT again, which must be one for tests',
    },
    ...planOptions,
  ],
  examples: [
    { line: 'lifeboat vault audit away', says: 'until when nobody can delete what the points need' },
    { line: 'lifeboat vault audit away --extend', says: 'as run-due does every day' },
    { line: 'lifeboat vault audit away --try-deleting', says: 'show that the store refuses' },
  ],
  run: async (context, input) => {
    const place = await chooseVaultNamed(context, input, input.argument('VAULT'));
    const trial = trialOf(input);
    await using vault = await context.openVault(place);
    using line = context.output.progress('audit');
    const request: AuditRequest = {
      vault,
      place,
      extend: input.has('--extend'),
      ...(trial === undefined ? {} : { tryDeleting: trial }),
      progress: line.report,
    };
    const audit = await auditVault(context, request);
    await recordAudit(vault, manualRun(context), audit, request.extend);
    line.clear();
    await tell(context, place, audit);
    return endOf(vault.location, audit, request.extend);
  },
};

/** Raises USAGE unless the vault is named twice. */
function trialOf(input: Input): AuditRequest['tryDeleting'] {
  const risked = input.value('--yes-delete-from');
  const isTried = input.has('--try-deleting');
  if (risked === undefined) return isTried ? 'probe' : undefined;
  if (isTried && risked === input.argument('VAULT')) return 'all';
  throw new LifeboatError('USAGE', 'it is not clear which vault may be deleted from', {
    hint: 'Name a vault for tests twice: `lifeboat vault audit VAULT --try-deleting --yes-delete-from VAULT`.',
  });
}

async function tell({ output }: CliContext, place: VaultRequest, audit: VaultAudit): Promise<void> {
  const { groups, replaceable, extended, tried, governed, problems } = audit;
  for (const { group, objects, untilMs } of groups) {
    const until = untilMs === undefined ? output.style.red('NOT KEPT') : `until ${momentText(untilMs)}`;
    await output.result(
      { type: 'immutable', system: group, objects, until: dateOf(untilMs) },
      `${until.padEnd(28)} ${group} (${plural(objects, 'object')})`,
    );
  }
  for (const problem of problems)
    await output.result({ type: 'problem', problem }, `${output.style.red('problem')}  ${problem}`);
  if (extended > 0) await output.text(`${plural(extended, 'object')} retained for longer`);
  if (tried.tried > 0)
    await output.text(`tried to delete ${plural(tried.tried, 'object')}: ${tried.refused} refused`);
  if (replaceable > 0)
    output.note(
      `${plural(replaceable, 'index file')} that prune will write anew not counted; they can be made from the packs`,
    );
  if (governed > 0 && lockOf(place)?.mode !== 'compliance')
    output.note(
      'The mode is governance: whoever has the special right may release objects before their date.',
    );
}

function endOf(location: string, audit: VaultAudit, isExtension: boolean): CommandEnd {
  const { objects, untilMs, unkept, governed, extended, tried, startMs, endMs } = audit;
  const summary = {
    location,
    verdict: auditVerdict(audit),
    immutable_until: dateOf(untilMs),
    objects,
    objects_without_retention: unkept.length,
    objects_in_governance: governed,
    ...(isExtension ? { objects_extended: extended } : {}),
    deletions_tried: tried.tried,
    deletions_refused: tried.refused,
    duration_ms: endMs - startMs,
  };
  const error = auditError(location, audit) ?? (objects === 0 ? nothingNeeded(location) : undefined);
  return error === undefined ? { summary } : { summary, error };
}

function nothingNeeded(location: string): LifeboatError {
  return new LifeboatError('VERIFICATION_INCONCLUSIVE', `${location} has no points, so nothing is proven`, {
    hint: 'Run it again after the first backup.',
  });
}

function dateOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
