/** Looks for damage in a vault and lists what it finds. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import { parseDuration } from '../plan/duration.ts';
import { standingDamage } from '../recovery-point/known-damage.ts';
import type { CheckFinding, CheckOptions, CheckReport } from '../repository/repository-types.ts';
import { coveragePercent, rereadWithinMsDefault } from '../vault/rolling-check.ts';
import type { Vault, VaultRecords } from '../vault/vault.ts';
import { withChainProblems } from './chain-findings.ts';
import type { CliContext, VaultRequest } from './cli-context.ts';
import type { CommandEnd } from './command.ts';
import type { OptionSpec } from './command-spec.ts';
import { toldDamage } from './damage-text.ts';
import type { Input } from './input.ts';
import { withLogPieces } from './log-pieces.ts';
import { withLostPoints } from './lost-findings.ts';
import { withLostParts } from './lost-parts.ts';
import { bytesText, durationText, momentText, plural } from './quantity-text.ts';
import { noteReadOnly } from './read-only-note.ts';
import { type DoneCheck, recordCheck } from './record-check.ts';
import { coverageText, noteRead, rollingChoice } from './rolling-read.ts';
import { withSmallObjects } from './small-objects.ts';
import { vaultWord, withVaultNamed } from './vault-word.ts';

export const checkOptions: readonly OptionSpec[] = [
  { flag: '--read-data', description: 'read back every byte, not only the structure' },
  {
    flag: '--subset',
    value: 'SHARE',
    description: 'read back a part: 2/7 for the second of seven, 5% for a random share',
  },
];

/** For the check that comes again and again. */
export const rollingOptions: readonly OptionSpec[] = [
  {
    flag: '--rolling',
    description: 'read back the share that is due today, so that every byte is read within --within',
  },
  {
    flag: '--within',
    value: 'DURATION',
    description: 'with --rolling: the time (default: reread_within of the vault in the plan, else 30 days)',
  },
];

export interface CheckVaultOptions {
  readonly keepsRecord: boolean;
  /** Within what time every byte is to be read again: the share that is due now is read. */
  readonly rollingWithinMs?: number;
}

/** Raises USAGE for a time that is none. */
export function rollingWithinOf(input: Input, request: VaultRequest): number | undefined {
  const text = input.value('--within');
  if (!input.has('--rolling')) {
    if (text === undefined) return undefined;
    throw new LifeboatError('USAGE', '--within says nothing without --rolling', {
      hint: 'Add --rolling.',
    });
  }
  if (text === undefined) return request.declared?.reread_within ?? rereadWithinMsDefault;
  const parsed = parseDuration(text);
  if (parsed.ok && parsed.value > 0) return parsed.value;
  throw new LifeboatError('USAGE', `"${text}" is no time within which everything could be read`, {
    hint: 'Write it with its unit, such as 30 days.',
  });
}

export async function checkVault(
  context: CliContext,
  request: VaultRequest,
  input: Input,
  options: CheckVaultOptions,
): Promise<CommandEnd> {
  const readData = options.rollingWithinMs === undefined ? readDataOf(input) : undefined;
  await using vault = await context.openVault(request);
  return await checkOpenVault(context, request, vault, {
    ...options,
    isPlanned: request.planId !== undefined,
    ...(readData === undefined ? {} : { readData }),
  });
}

async function checkOpenVault(
  context: CliContext,
  request: VaultRequest,
  vault: Vault,
  options: CheckOpenOptions,
): Promise<CommandEnd> {
  const { output, nowMs } = context;
  const startMs = nowMs();
  const isReadOnly = await noteReadOnly(context, request);
  const word = vaultWord(request.name, vault);
  const done = await lookAt(context, vault, { ...options, word }, startMs);
  const { report, readData } = done;
  // one that reads everything is a share as well, and a large one
  const isShare = options.rollingWithinMs !== undefined || readData === 'all';
  const withinMs = options.rollingWithinMs ?? request.declared?.reread_within ?? rereadWithinMsDefault;
  const coverage = await noteRead(vault, report, {
    withinMs: isShare ? withinMs : undefined,
    nowMs: nowMs(),
    records: done.known?.records ?? [],
    keeps: options.keepsRecord,
  });
  await tell(context, report, word, nowMs() - startMs);
  if (readData !== 'none') await output.text(coverageText(coverage));
  const known =
    options.keepsRecord && !isReadOnly
      ? await recordCheck(context, vault, isShare ? { ...done, coverage } : done)
      : done.known;
  const error = endOf(vault, word, done, known, nowMs());
  if (error === undefined) await output.text(output.style.green(`no damage found in ${vault.location}`));
  return {
    summary: {
      ...summaryOf(vault, report),
      reread_percent: coveragePercent(coverage),
      reread_within_ms: coverage.withinMs,
      reread_bytes: coverage.bytes,
      reread_of_bytes: coverage.ofBytes,
      locked: !isReadOnly,
    },
    ...(error === undefined ? {} : { error }),
  };
}

/** What was found now; or what was found before and this look says nothing of. */
function endOf(
  vault: Vault,
  word: string,
  { report, readData }: Looked,
  known: VaultRecords | undefined,
  nowMs: number,
): LifeboatError | undefined {
  if (report.errors.length > 0) return damaged(vault.location, word, report);
  const isWhole = readData === 'all' && report.coldPackIds.length === 0;
  // a vault that nothing can be recorded in was read all the same
  if (known === undefined || isWhole) return undefined;
  const told = toldDamage(standingDamage(known.records, nowMs));
  if (told === undefined) return undefined;
  const when = `at ${momentText(told.shown.sinceMs)}`;
  return new LifeboatError(
    'VAULT_DAMAGED',
    `nothing new was found in ${vault.location}, but ${told.text(when)}`,
    {
      hint: `\`lifeboat check --read-data --vault ${word}\` looks at every byte, and \`lifeboat repair heal --vault ${word}\` mends it from another vault.`,
      details: { record: told.shown.recordId },
    },
  );
}

interface CheckOpenOptions extends CheckVaultOptions, Pick<CheckOptions, 'readData'> {
  /** It is a vault of the plan. */
  readonly isPlanned: boolean;
}

/** `word` names the vault in commands. */
interface LookOptions extends CheckOpenOptions {
  readonly word: string;
}

interface Looked extends DoneCheck {
  /** What the vault's records said before; absent for a rescue. */
  readonly known?: VaultRecords;
}

async function lookAt(
  context: CliContext,
  vault: Vault,
  options: LookOptions,
  startMs: number,
): Promise<Looked> {
  const { output, signal } = context;
  const { rollingWithinMs } = options;
  const { records } = rollingWithinMs === undefined ? { records: [] } : await vault.records(signal);
  const rolling =
    rollingWithinMs === undefined ? undefined : rollingChoice(vault, records, rollingWithinMs, startMs);
  const choice = options.readData ?? rolling;
  const snapshotIds = await vault.repository.snapshotIds(signal);
  using progress = output.progress('check');
  const data = await vault.repository.check({
    ...(choice === undefined ? {} : { readData: choice }),
    progress: progress.report,
    signal,
  });
  const small = await withSmallObjects(vault, data, { all: choice === 'all', word: options.word, signal });
  const whole = await withLogPieces(vault, small, {
    ...{ readData: choice, rollingWithinMs, nowMs: startMs, signal },
  });
  const known = options.keepsRecord ? await vault.records(signal) : undefined;
  const report = known ? await withWhatRecordsSay(context, vault, whole, known, options) : whole;
  const readData = choice === undefined ? 'none' : choice === 'all' ? 'all' : 'part';
  return { report, data, startMs, readData, snapshotIds, ...(known ? { known } : {}) };
}

async function withWhatRecordsSay(
  context: CliContext,
  vault: Vault,
  report: CheckReport,
  known: VaultRecords,
  { isPlanned, word }: LookOptions,
): Promise<CheckReport> {
  const parts = await withLostParts(vault, report, known, { isPlanned, word, signal: context.signal });
  return await withLostPoints(context, vault, word, withChainProblems(word, parts, known), known);
}

function summaryOf(vault: Vault, report: CheckReport) {
  return {
    location: vault.location,
    snapshots: report.snapshots,
    packs: report.packs,
    packs_read: report.packsRead,
    bytes_read: report.bytesRead,
    packs_cold: report.coldPackIds.length,
    bytes_cold: coldBytesOf(report),
    blobs: report.blobs,
    errors: report.errors.length,
    hints: report.hints.length,
  };
}

/** Raises USAGE for a share that is none. */
function readDataOf(input: Input): CheckOptions['readData'] {
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

async function tell(
  { output }: CliContext,
  report: CheckReport,
  word: string,
  durationMs: number,
): Promise<void> {
  const { style } = output;
  const named = (finding: CheckFinding) => ({ ...finding, hint: withVaultNamed(finding.hint, word) });
  for (const finding of report.hints) await tellFinding(output, named(finding), 'hint', style.dim('note'));
  for (const finding of report.errors)
    await tellFinding(output, named(finding), 'error', style.red('damage'));
  const cold = report.coldPackIds;
  if (cold.length > 0)
    await output.text(
      `${style.yellow('not read')}: ${plural(cold.length, 'pack')}, ${bytesText(coldBytesOf(report))}, in an archive class of the store: of their bytes nothing is known`,
    );
  const read = report.packsRead === 0 ? 'structure only' : `${bytesText(report.bytesRead)} read back`;
  await output.text(
    `checked ${plural(report.snapshots, 'snapshot')}, ${plural(report.packs, 'pack')}, ` +
      `${plural(report.blobs, 'blob')} (${read}) in ${durationText(durationMs)}`,
  );
}

function coldBytesOf({ coldPackIds, packSizes }: CheckReport): number {
  return coldPackIds.reduce((sum, id) => sum + (packSizes.get(id) ?? 0), 0);
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

function damaged(location: string, word: string, report: CheckReport): LifeboatError {
  const count = report.errors.length;
  return new LifeboatError('VAULT_DAMAGED', `the vault ${location} has damage: ${plural(count, 'finding')}`, {
    hint: `\`lifeboat repair heal --vault ${word} --preview\` says what other vaults can mend. Without any, copy the vault before you change anything, and restore what it still has.`,
    details: { findings: count },
  });
}
