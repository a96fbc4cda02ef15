/** `lifeboat backup [SYSTEM…]` under a plan. */

import type { ExitCode } from '../../error/codes.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RecordTrigger } from '../../evidence/record.ts';
import type { AppContext } from '../cli-context.ts';
import type { CommandEnd } from '../command.ts';
import type { Input } from '../input.ts';
import { warnOfRecoveryKeys } from '../keys/recovery-key-warning.ts';
import { profileOf } from '../load-plan.ts';
import { bytesText, plural } from '../quantity-text.ts';
import { backupSystems, type SystemBackup } from './backup-systems.ts';
import type { SystemCopy } from './copy-system.ts';
import { copyFields, copyWords, readBackWords } from './copy-text.ts';
import { damagedParts } from './part-faults.ts';
import { faultsIn } from './plan-history.ts';
import { chosenSystems, openPlan } from './plan-session.ts';
import { openPlanVaults, type PlanVaults } from './plan-vaults.ts';
import { proveAtFirstUse } from './prove-first.ts';

export async function planBackup(context: AppContext, input: Input): Promise<CommandEnd> {
  const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
  await using vaults = openPlanVaults(context, session);
  const systems = chosenSystems(session.plan, input.list('SYSTEM'));
  const trigger: RecordTrigger = 'manual';
  await proveAtFirstUse(context, { session, vaults, systems });
  const request = { session, vaults, systems, trigger, full: input.has('--full') };
  const backups = await backupSystems(context, request, (backup) => reportBackup(context, backup));
  const names = [...new Set(backups.map(({ vault }) => vault))];
  const unbelieved: LifeboatError[] = [];
  for (const name of names) {
    const isToldAlready = backups.some(({ vault, outcome }) => vault === name && outcome === undefined);
    unbelieved.push(...(await refreshCache(context, vaults, name, isToldAlready)));
  }
  const known = names.map((vault) => ({ vault, records: vaults.known(vault)?.records ?? [] }));
  warnOfRecoveryKeys(context.output, known, context.nowMs());
  const end = endOf(backups);
  const [first] = unbelieved;
  return end.error !== undefined || first === undefined ? end : { ...end, error: first };
}

/**
 * The cache of this machine is what `status` lives on; what a backup that failed wrote into its vault counts as well. A
 * point that counts for nothing is no success.
 */
async function refreshCache(
  context: AppContext,
  vaults: PlanVaults,
  name: string,
  isToldAlready: boolean,
): Promise<readonly LifeboatError[]> {
  try {
    const vault = await vaults.open(name);
    const known = await vault.records(context.signal);
    const [first] = known.problems;
    if (first !== undefined) return [notBelieved(name, first.what)];
    return [damagedParts(name, await faultsIn(name, vault, known, context.signal)) ?? []].flat();
  } catch (error) {
    if (context.signal.aborted || !isToldAlready || !(error instanceof LifeboatError)) throw error;
    return [];
  }
}

function notBelieved(name: string, what: string): LifeboatError {
  return new LifeboatError(
    'OBJECT_DAMAGED',
    `the records of vault ${name} are not believed, none of its points counts, and nothing is copied from it: ${what}`,
    {
      hint: `Run \`lifeboat repair heal --vault ${name}\`, which puts records back; where that cannot be, back up into another vault.`,
    },
  );
}

async function reportBackup(context: AppContext, backup: SystemBackup): Promise<void> {
  const { system, vault, outcome, copy, error } = backup;
  if (copy !== undefined) return await reportCopy(context, copy);
  for (const finding of outcome?.findings ?? []) {
    if (finding.severity === 'warning') context.output.warn(`${system}: ${finding.message}. ${finding.hint}`);
  }
  for (const problem of outcome?.problems.slice(0, 10) ?? [])
    context.output.warn(`${system}: ${problem.path} ${problem.reason}`);
  const silent = outcome?.silentChanges ?? [];
  if (silent.length > 0) {
    context.output.warn(
      `${system}: ${plural(silent.length, 'file')} changed behind size and time, such as ${silent[0]}. Find out what wrote them; ransomware does that.`,
    );
  }
  const record = outcome?.record;
  const fields = {
    type: 'backup',
    system,
    vault,
    verdict: error === undefined ? 'pass' : (record?.verdict ?? 'fail'),
    read_back: outcome?.check?.verdict ?? 'none',
    snapshot_id: record?.snapshotId,
    files: record?.files,
    bytes: record?.bytes,
    bytes_added: record?.bytesAdded,
    full_read: record?.fullRead,
    silent_changes: silent.length,
    error: error && { code: error.code, message: error.message, hint: error.hint },
  };
  await context.output.result(fields, textOf(context, backup));
}

export async function reportCopy(context: AppContext, copy: SystemCopy): Promise<void> {
  const { style } = context.output;
  const word = copy.error === undefined ? style.green('ok') : style.red('failed');
  const hint = copy.error?.hint === undefined ? '' : `\n        → ${copy.error.hint}`;
  await context.output.result(
    { type: 'copy', ...copyFields(copy) },
    `${word}${copy.error === undefined ? '      ' : '  '}${copyWords(copy)}${hint}`,
  );
}

function textOf(context: AppContext, { system, vault, outcome, error }: SystemBackup): string {
  const { style } = context.output;
  const record = outcome?.record;
  const size =
    record?.snapshotId === undefined
      ? ''
      : `  ${plural(record.files, 'file')}, ${bytesText(record.bytes)}, ${bytesText(record.bytesAdded)} new, point ${record.snapshotId.slice(0, 8)}`;
  if (error === undefined)
    return `${style.green('ok')}      ${system} → ${vault}${size}, ${readBackWords(outcome?.check === undefined ? [] : [outcome.check])}`;
  const word = error.code === 'BACKUP_INCOMPLETE' ? style.yellow('partial') : style.red('failed');
  return `${word}  ${system} → ${vault}${size}\n        ${error.message}${error.hint === undefined ? '' : `\n        → ${error.hint}`}`;
}

/** Every system was tried; the worst end is the end of the command. */
export function endOf(backups: readonly { readonly error?: LifeboatError }[], noun = 'backups'): CommandEnd {
  const failures = backups.flatMap(({ error }) => (error === undefined ? [] : [error]));
  const summary = { backups: backups.length, failed: failures.length };
  const [worst] = failures.toSorted((a, b) => weight(b.exitCode) - weight(a.exitCode));
  if (worst === undefined) return { summary };
  if (backups.length === 1) return { summary, error: worst };
  const error = new LifeboatError(
    worst.code,
    `${failures.length} of ${backups.length} ${noun} did not succeed; the worst: ${worst.message}`,
    {
      ...(worst.hint === undefined ? {} : { hint: worst.hint }),
    },
  );
  return { summary, error };
}

/** Incomplete is the least bad of ends that are not good. */
function weight(exitCode: ExitCode): number {
  return exitCode === 3 ? 0 : exitCode;
}
