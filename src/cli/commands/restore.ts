/** `lifeboat restore`: brings systems back, to a folder or in place, after showing what it would do. */
import { resolve } from 'node:path';
import { defined } from '../../error/assert.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { durationText } from '../../objective/duration-text.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { shippedLog } from '../../plan/shipped-log.ts';
import { describeMoment } from '../../recovery-point/parse-moment.ts';
import { proofLevel } from '../../recovery-point/recovery-point.ts';
import type { RestoreOutcome } from '../../restore/apply-restore.ts';
import { choosePaths } from '../../restore/path-choice.ts';
import type { RestorePreview } from '../../restore/preview-restore.ts';
import { joinSurveys } from '../../thaw/survey-cold.ts';
import type { ThawWish } from '../../thaw/thaw-objects.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import { confirmOrRefuse } from '../confirm.ts';
import type { Input } from '../input.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { momentOf } from '../moment-of.ts';
import { commandFor } from '../plan/from-elsewhere.ts';
import { planHistory } from '../plan/plan-history.ts';
import { chosenSystems, openPlan } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';
import {
  applySystemRestore,
  otherVaultHint,
  previewSystemRestore,
  type RestoreSystemRequest,
  refuseSystemRestore,
} from '../plan/restore-system.ts';
import { findPoint, noPoint } from '../plan/verify-systems.ts';
import { bytesText, plural } from '../quantity-text.ts';
import { estimateRecovery, type RecoveryEstimate } from '../recovery/estimate-recovery.ts';
import { makePartsSandbox } from '../recovery/parts-sandbox.ts';
import { planRecovery } from '../recovery/plan-recovery.ts';
import {
  recoveryFlags,
  recoveryOptions,
  recoveryPartsOf,
  recoveryPlacesOf,
  recoveryWishOf,
} from '../recovery/recovery-options.ts';
import { plannedFields, plannedLines, recoveredFields, recoveredLines } from '../recovery/recovery-words.ts';
import { refuseColdData, thawFirst, throughStages } from '../thaw-first.ts';
import { thawOptions, thawPricesOf, thawWishOf } from '../thaw-options.ts';
import { type ColdTelling, coldFields, coldLines } from '../thaw-text.ts';

export const restore: Command<AppContext> = {
  description:
    'Shows what would come back, from when, what would be overwritten and how much would be lost, and does it after you agree. ' +
    'With --in-place the state that is there is kept as a safety copy first; what cannot be kept stops it. With --to only --overwrite replaces files that are there, and of them nothing is kept. ' +
    'Systems come back in the order of their dependencies.',
  arguments: [{ name: 'SYSTEM', kind: 'any', description: 'which systems' }],
  options: [
    ...planOptions,
    { flag: '--all', description: 'all systems of the plan' },
    { flag: '--to', value: 'DIR', description: 'below this folder, under the full stored paths' },
    { flag: '--in-place', description: 'where the systems live' },
    { flag: '--overwrite', description: 'with --to: replace files that are there' },
    { flag: '--without-safety-copy', description: 'with --in-place: keep nothing of what is replaced' },
    { flag: '--at', value: 'TIME', description: 'the newest point at or before this time' },
    { flag: '--point', value: 'ID', description: 'this point, by the beginning of its id' },
    { flag: '--vault', value: 'NAME', description: 'only from this vault of the plan' },
    { flag: '--include', value: 'GLOB', description: 'only these paths', repeatable: true },
    ...recoveryOptions,
    ...thawOptions,
    { flag: '--preview', description: 'only show what it would do' },
    { flag: '--yes', description: 'do it without asking' },
  ],
  examples: [
    { line: 'lifeboat restore orders-db --to ./back', says: 'bring a copy back beside production' },
    {
      line: 'lifeboat restore orders-db --in-place --at "2026-11-20 02:44"',
      says: 'go back to the state of that time',
    },
    { line: "lifeboat restore uploads --to ./back --include '*.png'", says: 'only some files' },
    {
      line: 'lifeboat restore shop --to /srv/back --until before-xid:740',
      says: 'a database as it was just before a transaction',
    },
    {
      line: 'lifeboat restore shop --to ./out --until "2026-11-20 02:44" --table sales.orders',
      says: 'one table as it was then, as a file of SQL',
    },
    {
      line: 'lifeboat restore uploads --vault archive --to ./back --thaw standard',
      says: 'from an archive class: thaw, wait, restore',
    },
  ],
  run: async (context, input) => {
    const to = targetOf(input);
    const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
    await using vaults = openPlanVaults(context, session);
    const systems = inRecoveryOrder(systemsOf(session.plan, input));
    const histories = await planHistory(context, session, vaults, true);
    for (const { vault, trouble } of histories)
      if (trouble) context.output.warn(`vault ${vault}: ${trouble.message}`);
    const { timeZone } = session.plan.metadata;
    const wish = await recoveryWishOf(context, input, systems, timeZone);
    const pick = wish === undefined ? pickOf(context, input, timeZone) : {};
    const parts = wish && recoveryPartsOf(input, resolve(context.folder, to));
    using sandbox = parts && makePartsSandbox(parts.to);
    noteLogs(context, input, systems);
    const requests: RestoreSystemRequest[] = [];
    for (const system of systems) {
      const ground = { vaults, histories, system };
      const plan = wish === undefined ? undefined : await planRecovery(context, ground, wish);
      const found = plan?.found ?? findPoint({ histories, ...pick }, system.name);
      if (found === undefined) throw notThere({ histories, ...pick }, system.name, wordsOf(input));
      requests.push({
        ...{ session, vaults, system, found, to: sandbox?.path ?? to, words: wordsOf(input) },
        choice: choosePaths(input.values('--include')),
        overwrite: input.has('--overwrite'),
        withoutSafetyCopy: input.has('--without-safety-copy'),
        ...(plan && {
          recovery: {
            ...{ ...plan, ...recoveryPlacesOf(input, context.folder), histories },
            ...(parts && { parts }),
          },
        }),
      });
    }
    return await previewAndApply(context, input, requests);
  },
};

/** A backup is not the moment that somebody may have in mind. */
function noteLogs({ output }: AppContext, input: Input, systems: readonly ResolvedSystem[]): void {
  if (input.has('--until')) return;
  const logged = systems.filter((system) => shippedLog(system) !== undefined).map(({ name }) => name);
  if (logged.length === 0) return;
  const words = `${logged.join(', ')}: this brings back the state of a backup; --until TIME brings back any moment of the log`;
  if (input.has('--at')) output.warn(words);
  else output.note(words);
}

async function previewAndApply(
  context: AppContext,
  input: Input,
  requests: readonly RestoreSystemRequest[],
): Promise<CommandEnd> {
  const previews: RestorePreview[] = [];
  const wish = thawWishOf(input);
  const prices = thawPricesOf(input);
  for (const request of requests) {
    const preview = await previewInReach(context, input, request, wish);
    previews.push(preview);
    const cold = preview.cold && { ...preview.cold, prices };
    await context.output.result(previewRecord(request, preview, cold), previewText(request, preview, cold));
  }
  if (input.has('--preview')) return { summary: { systems: requests.length, applied: false } };
  for (const [at, request] of requests.entries()) {
    const preview = previews[at];
    if (preview === undefined) continue;
    refuseSystemRestore(request, preview);
    if (preview.cold) refuseColdData(`the restore of ${request.system.name}`, preview.cold.survey, wish);
  }
  await consent(input, questionOf(requests, previews));
  if (wish) await thawData(context, requests, previews, wish);
  const outcomes: RestoreOutcome[] = [];
  for (const [at, request] of requests.entries()) {
    const preview = previews[at];
    if (preview === undefined) continue;
    const outcome = await applySystemRestore(context, request, preview);
    outcomes.push(outcome);
    await context.output.result(outcomeRecord(request, outcome), outcomeText(context, request, outcome));
    if (outcome.recordWaits)
      context.output.warn(`the record of it waits on this machine: ${outcome.recordWaits.message}`);
  }
  return restoreEnd(requests, outcomes);
}

async function consent(input: Input, question: string): Promise<void> {
  await confirmOrRefuse(question, { given: input.has('--yes'), flag: '--yes' });
}

function questionOf(requests: readonly RestoreSystemRequest[], previews: readonly RestorePreview[]): string {
  const names = requests.map(({ system }) => system.name).join(', ');
  const cold = previews.reduce((sum, preview) => sum + (preview.cold?.survey.cold.length ?? 0), 0);
  return cold === 0 ? `Restore ${names} now?` : `Thaw ${plural(cold, 'pack')} and then restore ${names} now?`;
}

async function previewInReach(
  context: AppContext,
  input: Input,
  request: RestoreSystemRequest,
  wish: ThawWish | undefined,
): Promise<RestorePreview> {
  const staged = {
    vault: () => request.vaults.open(request.found.vault),
    wish,
    isPreview: input.has('--preview'),
    consent: (question: string) => consent(input, question),
  };
  return await throughStages(context, staged, () => previewSystemRestore(context, request));
}

/** Vault by vault: what all systems need of one is asked for before anything is waited for. */
async function thawData(
  context: AppContext,
  requests: readonly RestoreSystemRequest[],
  previews: readonly RestorePreview[],
  wish: ThawWish,
): Promise<void> {
  const each = requests.map((request, at) => ({ request, survey: previews[at]?.cold?.survey }));
  for (const [vault, own] of Map.groupBy(each, ({ request }) => request.found.vault)) {
    const { archive } = await defined(own[0], 'restore from a vault').request.vaults.open(vault);
    const survey = joinSurveys(own.flatMap((one) => one.survey ?? []));
    const what = `the data of ${own.map(({ request }) => request.system.name).join(', ')} in ${vault}`;
    if (archive !== undefined) await thawFirst(context, { archive, what, survey, wish });
  }
}

function restoreEnd(
  requests: readonly RestoreSystemRequest[],
  outcomes: readonly RestoreOutcome[],
): CommandEnd {
  const lost = outcomes.map(({ report }) => report.problems.filter(({ metadataOnly }) => !metadataOnly));
  const problems = lost.flat();
  const summary = { systems: outcomes.length, applied: true, problems: problems.length };
  const [first] = problems;
  if (first === undefined) return { summary };
  return {
    summary,
    error: new LifeboatError(
      'RESTORE_INCOMPLETE',
      `${plural(problems.length, 'entry', 'entries')} did not come back, such as ${first.path}: ${first.reason}`,
      { hint: nextActions(requests, lost) },
    ),
  };
}

/** What is damaged in one vault is whole in another; what the machine would not take is no fault of the vault. */
function nextActions(
  requests: readonly RestoreSystemRequest[],
  lost: readonly RestoreOutcome['report']['problems'][],
): string {
  const hints = requests.flatMap((request, at) => {
    const problems = lost[at] ?? [];
    if (problems.length === 0) return [];
    if (!problems.some(({ isDamage }) => isDamage))
      return ['Correct what kept them from being written, and restore again with --overwrite.'];
    const { words = [], to, found, system } = request;
    // the part that did come back stands in the way
    const again = to === 'in-place' || words.includes('--overwrite') ? words : [...words, '--overwrite'];
    const other = otherVaultHint({ ...request, words: again });
    const mend = `\`lifeboat repair heal --vault ${found.vault}\` mends what another vault still has.`;
    return [`${other ?? `No other vault that can be read has a point of ${system.name}.`} ${mend}`];
  });
  return [...new Set(hints)].join(' ');
}

/** What the person said about where and how, as they would say it again. */
function wordsOf(input: Input): readonly string[] {
  const values = ['--plan', '--profile', '--to', ...recoveryFlags].flatMap((flag) =>
    input.values(flag).flatMap((value) => [flag, value]),
  );
  const flags = ['--in-place', '--overwrite', '--without-safety-copy'].filter((flag) => input.has(flag));
  return [...values, ...flags, ...input.values('--include').flatMap((glob) => ['--include', glob])];
}

/** No point, because there is none, or because nobody can look into the vault that was named. */
function notThere(
  wanted: Parameters<typeof findPoint>[0],
  system: string,
  words: readonly string[],
): LifeboatError {
  const { vault, ...anywhere } = wanted;
  const trouble = wanted.histories.find((history) => history.vault === vault)?.trouble;
  const other = findPoint(anywhere, system);
  if (other === undefined) return noPoint(system);
  const hint = `Vault ${other.vault} has one: run ${commandFor(system, other, words)}.`;
  if (trouble === undefined)
    return new LifeboatError('SNAPSHOT_NOT_FOUND', `${system} has no such recovery point in ${vault}`, {
      hint,
    });
  return new LifeboatError(trouble.code, `from vault ${vault}: ${trouble.message}`, {
    hint: `${hint} ${trouble.hint ?? ''}`.trimEnd(),
    retryable: trouble.retryable,
    details: trouble.details,
    cause: trouble,
  });
}

function targetOf(input: Input): string {
  const to = input.value('--to');
  if (input.has('--in-place') !== (to === undefined))
    throw new LifeboatError('USAGE', 'say either --to DIR or --in-place', {
      hint: '--to DIR brings a copy back and touches nothing else; --in-place replaces what is there, after a safety copy.',
    });
  if (input.has('--overwrite') && to === undefined)
    throw new LifeboatError('USAGE', '--overwrite belongs to --to DIR', {
      hint: 'Leave it out: --in-place replaces what is there anyway, after a safety copy.',
    });
  if (input.has('--without-safety-copy') && to !== undefined)
    throw new LifeboatError('USAGE', '--without-safety-copy belongs to --in-place', {
      hint: 'Leave it out: with --to no safety copy is made.',
    });
  return to ?? 'in-place';
}

function systemsOf(plan: Parameters<typeof chosenSystems>[0], input: Input): readonly ResolvedSystem[] {
  const names = input.list('SYSTEM');
  if (names.length === 0 && !input.has('--all')) {
    throw new LifeboatError('USAGE', 'no system is named', {
      hint: `Name one or more of ${plan.systems.map(({ name }) => name).join(', ')}, or say --all.`,
    });
  }
  return chosenSystems(plan, names);
}

/** What others depend on comes back first. The plan has no cycles. */
function inRecoveryOrder(systems: readonly ResolvedSystem[]): readonly ResolvedSystem[] {
  const ordered: ResolvedSystem[] = [];
  const visit = (system: ResolvedSystem): void => {
    if (ordered.includes(system)) return;
    for (const name of system.dependsOn) {
      const needed = systems.find((candidate) => candidate.name === name);
      if (needed) visit(needed);
    }
    ordered.push(system);
  };
  for (const system of systems) visit(system);
  return ordered;
}

function pickOf(context: AppContext, input: Input, timeZone: string) {
  const at = input.value('--at');
  const pointId = input.value('--point');
  const vault = input.value('--vault');
  return {
    ...(at === undefined ? {} : { atMs: momentOf(at, timeZone, context) }),
    ...(pointId === undefined ? {} : { pointId }),
    ...(vault === undefined ? {} : { vault }),
  };
}

function estimateOf({ system, recovery }: RestoreSystemRequest, preview: RestorePreview): RecoveryEstimate {
  const { bytes } = preview;
  const { logBytes } = defined(recovery, 'recovery that is estimated').chosen;
  return estimateRecovery(recovery?.histories ?? [], { system: system.name, bytes, logBytes });
}

function previewText(
  request: RestoreSystemRequest,
  preview: RestorePreview,
  cold: ColdTelling | undefined,
): string {
  const { system, found, session, recovery } = request;
  const when = describeMoment(preview.capturedAtMs, session.plan.metadata.timeZone);
  const where = placeText(request, preview) ?? '';
  return [
    `${system.name}: ${plural(preview.files, 'file')}, ${bytesText(preview.bytes)} from ${found.vault}, point ${found.point.id.slice(0, 8)} (${proofLevel(found.point)})`,
    ...(recovery === undefined
      ? [`  from   ${when}; what was written in the ${durationText(preview.lossMs)} since then is not in it`]
      : plannedLines(recovery, preview, estimateOf(request, preview), session.plan.metadata.timeZone)),
    `  to     ${where}`,
    `  over   ${preview.overwriteCount === 0 ? 'nothing' : `${plural(preview.overwriteCount, 'entry', 'entries')}, such as ${preview.overwrites.slice(0, 3).join(', ')}`}`,
    ...wayBackText(preview),
    ...(cold === undefined ? [] : coldLines(cold)).map(
      (line, at) => `  ${at === 0 ? 'cold' : '    '}   ${line}`,
    ),
    ...preview.findings.map(({ severity, message, hint }) => `  ${severity}: ${message}. ${hint}`),
  ].join('\n');
}

function placeText({ recovery }: RestoreSystemRequest, { destination, target }: RestorePreview) {
  if (recovery?.parts !== undefined) return recovery.parts.to;
  return destination?.description ?? (target.kind === 'folder' ? target.folder : undefined);
}

function wayBackText({ target, overwriteCount }: RestorePreview): readonly string[] {
  if (target.kind === 'folder')
    return overwriteCount === 0
      ? []
      : ['  back   no way back: of what is replaced in a folder nothing is kept'];
  return target.safetyParent === undefined
    ? ['  back   no way back: there will be no safety copy']
    : [`  first  a safety copy of what is there now, in ${target.safetyParent}`];
}

function previewRecord(
  request: RestoreSystemRequest,
  preview: RestorePreview,
  cold: ColdTelling | undefined,
) {
  const { system, found, recovery } = request;
  return {
    type: 'preview',
    system: system.name,
    vault: found.vault,
    point: found.point.id,
    proof: proofLevel(found.point),
    captured_at: new Date(preview.capturedAtMs).toISOString(),
    loss_ms: preview.lossMs,
    files: preview.files,
    bytes: preview.bytes,
    to: placeText(request, preview),
    overwrites: preview.overwriteCount,
    safety_copy: preview.target.kind === 'in-place' && preview.target.safetyParent !== undefined,
    findings: preview.findings,
    ...(recovery && { recovery: plannedFields(recovery, estimateOf(request, preview)) }),
    ...(cold === undefined ? {} : { archive: coldFields(cold) }),
  };
}

function outcomeText(
  context: AppContext,
  { system, session }: RestoreSystemRequest,
  outcome: RestoreOutcome,
): string {
  const { record, report, safetyCopy, location, recovered } = outcome;
  const { style } = context.output;
  const word = record.verdict === 'pass' ? style.green('restored') : style.yellow('incomplete');
  const lost = report.problems.slice(0, 10).map(({ path, reason }) => `  ${path}: ${reason}`);
  return [
    `${word}  ${system.name}: ${plural(report.files, 'file')}, ${bytesText(report.bytes)} in ${durationText(record.restoreMs)}, read back; ${location}`,
    ...(safetyCopy === undefined
      ? []
      : [`  the state before is kept in ${safetyCopy.folder} (${bytesText(safetyCopy.bytes)})`]),
    ...(recovered === undefined ? [] : recoveredLines(recovered, outcome, session.plan.metadata.timeZone)),
    ...lost,
  ].join('\n');
}

function outcomeRecord({ system }: RestoreSystemRequest, outcome: RestoreOutcome) {
  const { record, report, safetyCopy, location, recovered } = outcome;
  return {
    type: 'restore',
    system: system.name,
    verdict: record.verdict,
    location,
    files: report.files,
    bytes: report.bytes,
    ...(report.unchanged === undefined ? {} : { unchanged: report.unchanged }),
    restore_ms: record.restoreMs,
    loss: record.loss,
    safety_copy: safetyCopy?.folder,
    ...(recovered && { recovery: recoveredFields(recovered, outcome) }),
    problems: report.problems.slice(0, 100),
  };
}
