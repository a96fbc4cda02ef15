/** Looks for damage in a vault and lists what it finds. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { CheckFinding, CheckOptions, CheckReport } from '../repository/repository-types.ts';
import type { CliContext, VaultRequest } from './cli-context.ts';
import type { CommandEnd } from './command.ts';
import type { OptionSpec } from './command-spec.ts';
import type { Input } from './input.ts';
import { bytesText, durationText, plural } from './quantity-text.ts';
import { noteReadOnly } from './read-only-note.ts';
import { recordCheck } from './record-check.ts';

export const checkOptions: readonly OptionSpec[] = [
  { flag: '--read-data', description: 'read back every byte, not only the structure' },
  {
    flag: '--subset',
    value: 'SHARE',
    description: 'read back a part: 2/7 for the second of seven, 5% for a random share',
  },
];

export async function checkVault(
  context: CliContext,
  request: VaultRequest,
  input: Input,
  options: { readonly keepsRecord: boolean },
): Promise<CommandEnd> {
  const { output, signal, nowMs } = context;
  const readData = readDataOf(input);
  const startMs = nowMs();
  await using vault = await context.openVault(request);
  const isReadOnly = await noteReadOnly(context, request);
  const snapshotIds = await vault.repository.snapshotIds(signal);
  using progress = output.progress('check');
  const report = await vault.repository.check({
    ...(readData === undefined ? {} : { readData }),
    progress: progress.report,
    signal,
  });
  progress[Symbol.dispose]();
  await tell(context, report, nowMs() - startMs);
  if (options.keepsRecord && !isReadOnly) {
    const share = readData === undefined ? 'none' : readData === 'all' ? 'all' : 'part';
    await recordCheck(context, vault, { report, startMs, readData: share, snapshotIds });
  }
  return {
    summary: {
      location: vault.location,
      snapshots: report.snapshots,
      packs: report.packs,
      packs_read: report.packsRead,
      bytes_read: report.bytesRead,
      blobs: report.blobs,
      errors: report.errors.length,
      hints: report.hints.length,
      locked: !isReadOnly,
    },
    ...(report.errors.length === 0 ? {} : { error: damaged(vault.location, report) }),
  };
}

/** Raises USAGE for a share that is none. */
export function readDataOf(input: Input): CheckOptions['readData'] {
  const share = input.value('--subset');
  if (share === undefined) return input.has('--read-data') ? 'all' : undefined;
  const part = /^(\d+)\/(\d+)$/.exec(share);
  const [number, of] = [Number(part?.[1]), Number(part?.[2])];
  if (part !== null && number >= 1 && number <= of && of <= partsMax) return { part: number, of };
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(share)?.[1]);
  if (percent > 0 && percent <= 100) return { percent };
  throw new LifeboatError('USAGE', `"${share}" is no share of the data`, {
    hint: 'Write 2/7 for the second of seven parts (at most 256), or 5% for a random share.',
  });
}

/** Parts are told apart by the first byte of an id. */
const partsMax = 256;

async function tell({ output }: CliContext, report: CheckReport, durationMs: number): Promise<void> {
  const { style } = output;
  for (const finding of report.hints) await tellFinding(output, finding, 'hint', style.dim('note'));
  for (const finding of report.errors) await tellFinding(output, finding, 'error', style.red('damage'));
  const read = report.packsRead === 0 ? 'structure only' : `${bytesText(report.bytesRead)} read back`;
  await output.text(
    `checked ${plural(report.snapshots, 'snapshot')}, ${plural(report.packs, 'pack')}, ` +
      `${plural(report.blobs, 'blob')} (${read}) in ${durationText(durationMs)}`,
  );
  if (report.errors.length === 0) await output.text(style.green('no damage found'));
}

async function tellFinding(
  output: CliContext['output'],
  { object, what, hint }: CheckFinding,
  severity: string,
  word: string,
): Promise<void> {
  const advice = hint === '' ? '' : `\n  → ${hint}`;
  await output.result(
    { type: 'finding', severity, object, what, hint },
    `${word}: ${object}: ${what}${advice}`,
  );
}

function damaged(location: string, report: CheckReport): LifeboatError {
  const count = report.errors.length;
  return new LifeboatError('VAULT_DAMAGED', `the vault ${location} has damage: ${plural(count, 'finding')}`, {
    hint: 'Copy the vault before you change anything; restore what it still has, and the rest from another vault.',
    details: { findings: count },
  });
}
