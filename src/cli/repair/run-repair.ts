/** What the repairs have in common: look, tell, ask, apply, record. */

import { recordTimes } from '../../evidence/record-common.ts';
import { sharedFields } from '../../evidence/run-context.ts';
import type { RepairRecord } from '../../evidence/vault-records.ts';
import type { RepairWork } from '../../repository/repair-types.ts';
import type { Vault } from '../../vault/vault.ts';
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { CliContext } from '../cli-context.ts';
import type { CommandEnd } from '../command.ts';
import type { OptionSpec } from '../command-spec.ts';
import { confirmOrRefuse } from '../confirm.ts';
import type { Input } from '../input.ts';
import { manualRun } from '../manual-run.ts';
import { tellOthers } from './tell-others.ts';

export const repairOptions: readonly OptionSpec[] = [
  ...vaultOptions,
  { flag: '--preview', description: 'only say what would be done' },
  { flag: '--yes', description: 'do it without asking' },
];

export interface Repair<P> {
  readonly action: RepairRecord['action'];
  readonly look: (vault: Vault, work: RepairWork) => Promise<P>;
  /** Tells a person what would be done; `undefined` when there is nothing to do. */
  readonly tell: (preview: P) => Promise<Told | undefined>;
  readonly apply: (vault: Vault, preview: P, work: RepairWork) => Promise<Applied>;
}

export interface Told {
  readonly question: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export type Applied = Pick<RepairRecord, 'objectsMended' | 'objectsLost' | 'blobsMended' | 'snapshotIds'>;

export async function runRepair<P>(
  context: CliContext,
  input: Input,
  repair: Repair<P>,
): Promise<CommandEnd> {
  return await tellOthers(context, input, await repairOne(context, input, repair));
}

async function repairOne<P>(context: CliContext, input: Input, repair: Repair<P>): Promise<CommandEnd> {
  const { output, signal, nowMs } = context;
  await using vault = await context.openVault(await chooseVault(context, input));
  using progress = output.progress(`repair ${repair.action}`);
  const work = { progress: progress.report, signal };
  const preview = await repair.look(vault, work);
  progress[Symbol.dispose]();
  const told = await repair.tell(preview);
  if (told === undefined) {
    await output.text(output.style.green('nothing to repair'));
    return { summary: { action: repair.action, repaired: false, needed: false } };
  }
  const fields = { action: repair.action, needed: true, ...told.fields };
  if (input.has('--preview')) return { summary: { ...fields, repaired: false } };
  await confirmOrRefuse(told.question, { given: input.has('--yes'), flag: '--yes' });
  const startMs = nowMs();
  const applied = await repair.apply(vault, preview, { signal });
  await vault.append({
    type: 'repair',
    ...sharedFields(manualRun(context), vault.id),
    ...recordTimes(startMs, nowMs()),
    verdict: applied.objectsLost.length === 0 ? 'pass' : 'incomplete',
    action: repair.action,
    fromVaults: [],
    ...applied,
  });
  await vault.records(signal);
  await output.text(output.style.green('repaired; run `lifeboat check --read-data` to see that all is well'));
  return { summary: { ...fields, repaired: true, blobs_mended: applied.blobsMended } };
}

const linesMax = 20;

/** One JSON object a line; people see the first twenty. */
export async function tellAll<T>(
  { output }: CliContext,
  items: readonly T[],
  line: (item: T) => { readonly fields: Readonly<Record<string, unknown>>; readonly text: string },
): Promise<void> {
  for (const [at, item] of items.entries()) {
    const { fields, text } = line(item);
    await output.result({ type: 'repair', ...fields }, at < linesMax ? text : undefined);
  }
  if (items.length > linesMax) await output.text(`… and ${items.length - linesMax} more`);
}
