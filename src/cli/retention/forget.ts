/** The three ways to give points up: by the plan, by rules given by hand, and by name. Each previews, asks, acts. */

import { LifeboatError } from '../../error/lifeboat-error.ts';
import { vaultPoints } from '../../recovery-point/gone-points.ts';
import type { AppContext, VaultRequest } from '../cli-context.ts';
import type { CommandEnd } from '../command.ts';
import { confirmOrRefuse } from '../confirm.ts';
import type { Input } from '../input.ts';
import { manualRun } from '../manual-run.ts';
import { newRun } from '../plan/new-run.ts';
import { planHistory } from '../plan/plan-history.ts';
import { chosenSystems, type PlanSession } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';
import { plural } from '../quantity-text.ts';
import { filterOf } from '../snapshot-filter.ts';
import { findPoints } from './find-points.ts';
import { previewNamedPoints } from './forget-points.ts';
import { whyOf } from './hold-points.ts';
import { namedSnapshots } from './named-snapshots.ts';
import { groupingOf, policyOf } from './policy-options.ts';
import { previewPlanRetention } from './preview-plan.ts';
import { previewRepositoryRetention } from './preview-repository.ts';
import { type RetainRequest, refusalsOf, retainVaults } from './retain-plan.ts';
import { goingIds, type RetentionPreview } from './retention-preview.ts';
import { openSearchedVaults } from './searched-vaults.ts';
import { tellPreview } from './tell-preview.ts';

export async function forgetByPlan(
  context: AppContext,
  input: Input,
  session: PlanSession,
  vault: string | undefined,
): Promise<CommandEnd> {
  refuse(
    input,
    ['--host', '--tag', '--path', '--group-by', '--keep-tag'],
    'goes with a repository without a plan',
  );
  const policy = policyOf(input);
  const systems = chosenSystems(session.plan, input.list('SYSTEM'));
  await using vaults = openPlanVaults(context, session);
  const histories = await planHistory(context, session, vaults, true);
  const preview = await previewPlanRetention(context, {
    session,
    vaults,
    histories,
    systems,
    ...(vault === undefined ? {} : { vault }),
    ...(policy === undefined ? {} : { policy }),
  });
  return await previewAndApply(context, input, {
    run: newRun(context, session, 'manual'),
    preview,
    reason: input.value('--why') ?? (policy === undefined ? 'retention of the plan' : 'rules given by hand'),
    open: (name) => vaults.open(name),
  });
}

export async function forgetByRules(
  context: AppContext,
  input: Input,
  request: VaultRequest,
): Promise<CommandEnd> {
  if (input.list('SYSTEM').length > 0)
    throw new LifeboatError('USAGE', 'systems can be named under a plan only', {
      hint: 'Name the plan with --plan, or choose snapshots with --host, --tag and --path.',
    });
  const policy = policyOf(input);
  if (policy === undefined)
    throw new LifeboatError('USAGE', 'no rule says what is to be kept', {
      hint: 'Give one, such as --keep-daily 7, or name points with --point ID.',
    });
  const by = groupingOf(input);
  await using vault = await context.openVault(request);
  const filter = filterOf(input, context.folder);
  const preview = await previewRepositoryRetention(context, { vault, policy, by, filter });
  const reason = input.value('--why') ?? 'rules given by hand';
  return await previewAndApply(context, input, {
    run: manualRun(context),
    preview,
    reason,
    open: async () => vault,
  });
}

export async function forgetNamed(context: AppContext, input: Input): Promise<CommandEnd> {
  const reason = whyOf(input);
  if (policyOf(input) !== undefined || input.list('SYSTEM').length > 0)
    throw new LifeboatError('USAGE', 'points are given up by name or by rules, not both', {
      hint: 'Leave out --point, or everything but --point, --why and the place.',
    });
  await using opened = await openSearchedVaults(context, input, 'all');
  const found = findPoints(input.values('--point'), opened.searched);
  const records = opened.all.flatMap(({ known }) => known.records);
  const there = opened.all.flatMap(({ vault, known }) => vaultPoints(vault.id, known).there);
  const read = opened.searched.map(({ vault }) => {
    const own = found.filter(({ vaultId }) => vaultId === vault.id).map(({ point }) => point.id);
    return namedSnapshots(vault, own, context.signal);
  });
  const snapshots = (await Promise.all(read)).flat();
  const vaults = previewNamedPoints({ found, records, there, snapshots, nowMs: context.nowMs() });
  return await previewAndApply(context, input, {
    run: opened.run,
    preview: { vaults, pauses: [] },
    reason,
    open: async (name) => {
      const searched = opened.searched.find((each) => each.name === name);
      if (searched === undefined) throw new Error(`the vault ${name} was searched`);
      return searched.vault;
    },
  });
}

async function previewAndApply(
  context: AppContext,
  input: Input,
  request: RetainRequest,
): Promise<CommandEnd> {
  const { preview } = request;
  const isPreview = input.has('--preview');
  const going = goingOf(preview);
  const points = preview.vaults.flatMap(({ groups }) => groups.flatMap(({ decisions }) => decisions));
  const counts = { points: points.length, kept: points.filter(({ kept }) => kept).length };
  if (isPreview || !input.has('--yes')) await tellPreview(context, preview);
  if (isPreview) {
    await context.output.text(`\n${plural(going, 'point')} would be given up; nothing was changed`);
    return endOf({ ...counts, going, forgotten: 0, preview: true }, preview.vaults.flatMap(refusalsOf));
  }
  if (going > 0) {
    const consent = { given: input.has('--yes'), flag: '--yes', code: 'USAGE' } as const;
    await confirmOrRefuse(`Give up ${plural(going, 'point')}?`, consent);
  }
  const forgotten = await apply(context, request);
  return endOf({ ...counts, going, forgotten: forgotten.count, preview: false }, forgotten.errors);
}

function goingOf({ vaults }: RetentionPreview): number {
  const open = vaults.filter(({ refusal }) => refusal === undefined);
  return open.reduce((sum, { groups }) => sum + groups.flatMap(goingIds).length, 0);
}

async function apply(
  context: AppContext,
  request: RetainRequest,
): Promise<{ readonly count: number; readonly errors: readonly LifeboatError[] }> {
  const { output } = context;
  using progress = output.progress('forget');
  const done = await retainVaults(context, request);
  progress[Symbol.dispose]();
  let count = 0;
  for (const { vault, applied } of done) {
    for (const [title, ids] of applied?.forgotten ?? []) {
      if (ids.length === 0) continue;
      count += ids.length;
      const record = { type: 'forgotten', vault, group: title, ids };
      await output.result(record, `${title} in ${vault}: ${plural(ids.length, 'point')} given up`);
    }
    if (applied?.isRetained === true)
      output.warn(`the store of ${vault} keeps some of them until their date; a later run deletes them`);
    for (const id of applied?.heldMeanwhile ?? [])
      output.note(`${id.slice(0, 8)} was held meanwhile and stays`);
  }
  if (count === 0) await output.text('nothing was given up');
  else await output.text('`lifeboat prune` removes the bytes that nobody needs any more');
  return { count, errors: done.flatMap(({ errors }) => errors) };
}

/** All of what was refused is told; the first one counts. */
function endOf(summary: Readonly<Record<string, unknown>>, errors: readonly LifeboatError[]): CommandEnd {
  const [first] = errors;
  const refused = errors.map(({ code, message }) => ({ code, message }));
  return { summary: { ...summary, refused }, ...(first === undefined ? {} : { error: first }) };
}

function refuse(input: Input, flags: readonly string[], why: string): void {
  const flag = flags.find((each) => input.value(each) !== undefined);
  if (flag === undefined) return;
  throw new LifeboatError('USAGE', `${flag} ${why}`, { hint: 'Name the repository with --vault LOCATION.' });
}
