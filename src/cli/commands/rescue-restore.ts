/** `lifeboat rescue restore`: brings a snapshot back into a folder, with nothing but a vault and a key. */
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hasCode, LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { uid } from '../../platform/host.ts';
import { manifestFolder } from '../../recovery-point/manifest.ts';
import type { Repository, RestoreReport, Snapshot } from '../../repository/repository-types.ts';
import { choosePaths, type PathChoice } from '../../restore/path-choice.ts';
import { makeStaging } from '../../restore/staging.ts';
import { type ColdSurvey, joinSurveys, surveyCold } from '../../thaw/survey-cold.ts';
import { thawOffers } from '../../thaw/thaw-offers.ts';
import type { ArchiveAccess } from '../../vault/archive-access.ts';
import type { ArchivedPlan, Vault } from '../../vault/vault.ts';
import { snapshotOption, vaultAlone, vaultAloneOption } from '../choose-vault.ts';
import type { CliContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import type { Input } from '../input.ts';
import { newestSnapshots, systemName } from '../newest-snapshots.ts';
import { openThawed } from '../open-thawed.ts';
import { bytesText, durationText, momentText, plural } from '../quantity-text.ts';
import { noteReadOnly } from '../read-only-note.ts';
import { shortId } from '../snapshot-text.ts';
import { refuseColdData, thawFirst, throughStages } from '../thaw-first.ts';
import { thawOptions, thawPricesOf, thawWishOf } from '../thaw-options.ts';
import { coldFields, coldLines } from '../thaw-text.ts';

export const rescueRestore: Command = {
  description:
    'Brings a snapshot back into a folder: every path below it as it was stored, with owners, times and ' +
    'attributes; without --snapshot the newest of every system in the vault. It needs the location of a vault and a key, and nothing else. It writes into a new or empty ' +
    'folder; only --overwrite replaces files that are there.',
  options: [
    vaultAloneOption,
    snapshotOption,
    { flag: '--to', value: 'DIR', description: 'the folder to restore into (default: ./restored-ID)' },
    {
      flag: '--include',
      value: 'GLOB',
      description: 'only what matches, with all below it: a path, *.db, /srv/**/config',
      repeatable: true,
    },
    { flag: '--overwrite', description: 'restore into a folder that is not empty, replacing files' },
    { flag: '--verify', description: 'read every restored file back and compare it' },
    ...thawOptions,
    { flag: '--preview', description: 'only show what must be thawed before it' },
  ],
  examples: [
    {
      line: 'lifeboat rescue restore --vault s3://shop-backups/vault --thaw standard',
      says: 'from an archive class: thaw, wait, restore',
    },
    {
      line: 'lifeboat rescue restore --vault /mnt/usb/vault',
      says: 'the newest state of everything, to ./restored-ID',
    },
    {
      line: "lifeboat rescue restore --vault /mnt/usb/vault --snapshot 1a2b3c4d --include '*.db' --to /tmp/back",
      says: 'the databases of an older one',
    },
  ],
  run: async (context, input) => {
    const request = vaultAlone(input);
    const startMs = context.nowMs();
    const wish = thawWishOf(input);
    await using vault = await openThawed(context, request, wish);
    const selector = input.value('--snapshot');
    const snapshots =
      selector === undefined
        ? await newestSnapshots(vault, context.signal, context.output.warn)
        : [await vault.repository.snapshot(selector, {}, context.signal)];
    const target = await targetOf(context, input, snapshots);
    if (await reachOrPreview(context, input, vault, snapshots)) return { summary: { applied: false } };
    const isReadOnly = await noteReadOnly(context, request);
    const reports: RestoreReport[] = [];
    for (const snapshot of snapshots) reports.push(await restoreOne(context, input, vault, snapshot, target));
    const end = await told(context, snapshots, target, sumOf(reports), context.nowMs() - startMs);
    await offerPlan(context, vault);
    return { ...end, summary: { ...end.summary, locked: !isReadOnly } };
  },
};

/** Thaws what lies in an archive class, after telling it. True when that was all that was asked for. */
async function reachOrPreview(
  context: CliContext,
  input: Input,
  vault: Vault,
  snapshots: readonly Snapshot[],
): Promise<boolean> {
  const wish = thawWishOf(input);
  const isPreview = input.has('--preview');
  const { archive } = vault;
  if (archive === undefined) return isPreview;
  const staged = { vault: async () => vault, wish, isPreview, consent: async () => undefined };
  const surveys: ColdSurvey[] = [];
  for (const snapshot of snapshots)
    surveys.push(
      await throughStages(context, staged, () =>
        surveyOf(context, input, vault.repository, archive, snapshot),
      ),
    );
  const survey = joinSurveys(surveys);
  const telling = { survey, offers: thawOffers(archive.thaw, survey), prices: thawPricesOf(input) };
  const lines = coldLines(telling);
  if (isPreview || lines.length > 0)
    await context.output.result(
      { type: 'cold', what: 'the data', ...coldFields(telling) },
      lines.length === 0 ? 'nothing must be thawed' : lines.join('\n  '),
    );
  if (isPreview) return true;
  refuseColdData('the restore', survey, wish);
  if (wish) await thawFirst(context, { archive, what: 'the data', survey, wish });
  return false;
}

async function surveyOf(
  { nowMs, signal }: CliContext,
  input: Input,
  repository: Repository,
  archive: ArchiveAccess,
  snapshot: Snapshot,
): Promise<ColdSurvey> {
  const needed = await repository.packsOfRestore(snapshot, { select: selectOf(input, snapshot), signal });
  return await surveyCold(archive, needed, { nowMs: nowMs(), signal });
}

/** Each system has a manifest of its own under one name; the vault keeps them. */
function selectOf(input: Input, snapshot: Snapshot): PathChoice['select'] {
  const { select } = choosePaths(input.values('--include'));
  const system = systemName(snapshot);
  return (path, isDirectory) => (system !== undefined && isOurs(path) ? 'skip' : select(path, isDirectory));
}

async function restoreOne(
  context: CliContext,
  input: Input,
  vault: Vault,
  snapshot: Snapshot,
  target: string,
): Promise<RestoreReport> {
  const { output, signal } = context;
  const system = systemName(snapshot);
  const what = system === undefined ? shortId(snapshot.id) : `${system}, ${shortId(snapshot.id)}`;
  output.note(`restoring ${what} of ${momentText(snapshot.timeMs)} to ${target}`);
  using progress = output.progress('restore');
  using staging = input.has('--overwrite') ? makeStaging(target) : undefined;
  return await vault.repository.restore(snapshot, {
    target,
    ...(staging === undefined ? {} : { replaceFrom: staging.path }),
    verify: input.has('--verify'),
    select: selectOf(input, snapshot),
    progress: progress.report,
    signal,
  });
}

function isOurs(path: Buffer): boolean {
  const text = path.toString('latin1');
  return text === `/${manifestFolder}` || text.startsWith(`/${manifestFolder}/`);
}

function sumOf(reports: readonly RestoreReport[]): RestoreReport {
  const total = (figure: 'files' | 'directories' | 'others' | 'bytes') =>
    reports.reduce((sum, report) => sum + report[figure], 0);
  return {
    files: total('files'),
    directories: total('directories'),
    others: total('others'),
    bytes: total('bytes'),
    problems: reports.flatMap(({ problems }) => problems),
    damagedObjects: reports.flatMap(({ damagedObjects }) => damagedObjects),
  };
}

/** Raises RESTORE_REFUSED for a folder that is not empty, unless --overwrite is given. */
async function targetOf(
  { folder }: CliContext,
  input: Input,
  snapshots: readonly Snapshot[],
): Promise<string> {
  const target = resolve(folder, input.value('--to') ?? `restored-${shortId(snapshots.at(-1)?.id ?? '')}`);
  if (input.has('--overwrite') || (await isEmptyOrAbsent(target))) return target;
  throw new LifeboatError('RESTORE_REFUSED', `the folder ${target} is not empty`, {
    hint: 'Name another folder with --to, or say --overwrite to replace the files in it.',
  });
}

async function isEmptyOrAbsent(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (error) {
    if (systemErrorName(error) === 'ENOENT') return true;
    if (systemErrorName(error) !== 'ENOTDIR') throw error;
    throw new LifeboatError('RESTORE_REFUSED', `${folder} is a file, not a folder`, {
      hint: 'Name a folder with --to.',
      cause: error,
    });
  }
}

async function told(
  { output }: CliContext,
  snapshots: readonly Snapshot[],
  target: string,
  report: RestoreReport,
  durationMs: number,
): Promise<CommandEnd> {
  const { files, directories, others, bytes, problems } = report;
  for (const { path, reason, metadataOnly } of problems) {
    const word = metadataOnly ? 'attributes lost' : 'not restored';
    await output.result({ type: 'problem', path, reason, metadata_only: metadataOnly });
    output.note(`${word}: ${path}: ${reason}`);
  }
  await output.text(
    `restored ${plural(files, 'file')}, ${plural(directories, 'folder')} and ${plural(others, 'other entry', 'other entries')}, ` +
      `${bytesText(bytes)} in ${durationText(durationMs)}`,
  );
  await output.text(`they are in ${target}, each below its full stored path`);
  const summary = {
    snapshot: snapshots.at(-1)?.id,
    snapshots: snapshots.map(({ id }) => id),
    target,
    files,
    directories,
    others,
    bytes,
    problems: problems.length,
    duration_ms: durationMs,
  };
  return problems.length === 0 ? { summary } : { summary, error: incomplete(target, report) };
}

function incomplete(target: string, { problems }: RestoreReport): LifeboatError {
  const lost = problems.filter((problem) => !problem.metadataOnly).length;
  const what =
    lost === 0
      ? `${plural(problems.length, 'entry lost some', 'entries lost some')} of its attributes`
      : `${plural(lost, 'entry', 'entries')} could not be restored`;
  const causes = [
    ...(lost < problems.length && uid() !== 0 ? ['Owners and attributes need root.'] : []),
    ...(lost === 0 ? [] : ['What is missing may be in another vault.']),
  ];
  return new LifeboatError('RESTORE_INCOMPLETE', `${what} to ${target}`, {
    hint: ['See the lines above.', ...causes].join(' '),
    details: { problems: problems.length, lost },
  });
}

/** The plan in the vault says how the systems are to be put in place and checked. What was restored is whole without it. */
async function offerPlan({ output, signal }: CliContext, vault: Vault): Promise<void> {
  if (vault.file === undefined) return;
  const plan = await newestPlan(vault, output.warn, signal);
  if (plan === undefined) return;
  output.note(
    `the vault holds the plan ${plan.fileName}: lifeboat rescue plan --vault ${vault.location} --to ${plan.fileName}`,
  );
}

async function newestPlan(
  vault: Vault,
  warn: (text: string) => void,
  signal: AbortSignal,
): Promise<ArchivedPlan | undefined> {
  try {
    const [plan] = await vault.plans.list(signal, warn);
    return plan;
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED')) throw error;
    warn(`${error.message}; what was restored does not need it`);
    return undefined;
  }
}
