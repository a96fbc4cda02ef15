/** What the repairs have in common: look, tell, ask, apply, record. */

import { LifeboatError } from '../../error/lifeboat-error.ts';
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

export type Applied = Pick<
  RepairRecord,
  'objectsMended' | 'objectsLost' | 'objectsKept' | 'blobsMended' | 'snapshotIds'
>;

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
  const { objectsKept = [], ...applied } = await repair.apply(vault, preview, { signal });
  const isDone = applied.objectsLost.length === 0 && objectsKept.length === 0;
  await vault.append({
    type: 'repair',
    ...sharedFields(manualRun(context), vault.id),
    ...recordTimes(startMs, nowMs()),
    verdict: isDone ? 'pass' : 'incomplete',
    action: repair.action,
    fromVaults: [],
    ...applied,
    ...(objectsKept.length === 0 ? {} : { objectsKept }),
  });
  await vault.records(signal);
  const [kept] = objectsKept;
  if (kept !== undefined) {
    const summary = { ...fields, repaired: false, blobs_mended: applied.blobsMended, kept: objectsKept };
    return { summary, error: stillKept(vault, kept, objectsKept.length) };
  }
  await output.text(output.style.green('repaired; run `lifeboat check --read-data` to see that all is well'));
  return { summary: { ...fields, repaired: true, blobs_mended: applied.blobsMended } };
}

/** All that could be done is done. */
function stillKept({ location }: Vault, key: string, count: number): LifeboatError {
  const more = count === 1 ? '' : ` and ${count - 1} more`;
  return new LifeboatError(
    'OBJECT_RETAINED',
    `the store keeps ${key}${more} from being deleted until a date, in ${location}`,
    {
      hint: 'What could be read of it lies in new packs as well. Run the repair again when the retention is over.',
      details: { object: key },
    },
  );
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
