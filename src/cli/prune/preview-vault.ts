/** Says what a prune of one vault would remove, rewrite and leave for later. */
import { suspectedPacks } from '../../recovery-point/known-damage.ts';
import type { PrunablePack, PruneOptions, PrunePreview } from '../../repository/prune-types.ts';
import { lostPoints } from '../../vault/lost-points.ts';
import type { Vault } from '../../vault/vault.ts';
import type { CliContext } from '../cli-context.ts';
import { bytesText, momentText, plural } from '../quantity-text.ts';
import { damagePause } from './damage-pause.ts';
import { lossPause } from './loss-pause.ts';

const stateWords = {
  new: 'to be marked',
  pending: 'marked, waits',
  due: 'marked, would go now',
} as const satisfies Record<PrunablePack['state'], string>;

function groupText(kind: PrunablePack['kind'], packs: number, bytes: number, rewriteBytes: number): string {
  const count = plural(packs, 'pack');
  const size = bytesText(bytes);
  const writing = `${bytesText(rewriteBytes)} written anew`;
  switch (kind) {
    case 'unused':
      return `${count}, ${size} (needed by nothing)`;
    case 'rewrite':
      return `${count} needed in part, to be rewritten: ${size} less (${writing})`;
    case 'merge':
      return `${plural(packs, 'small pack')}, to be put together (${writing})`;
    case 'unreferenced':
      return `${count}, ${size} (in no index)`;
    default:
      return kind satisfies never;
  }
}

/** Figures for the summary. Changes nothing. */
export async function previewVault(
  context: CliContext,
  name: string,
  vault: Vault,
  options: Omit<PruneOptions, 'progress' | 'signal'>,
): Promise<Readonly<Record<string, number>>> {
  const { output, signal, nowMs } = context;
  const known = await vault.records(signal);
  const { records, problems } = known;
  const lost = lossPause(name, await lostPoints(vault, known, nowMs(), signal));
  const paused = damagePause(name, records, nowMs()) ?? lost;
  using progress = output.progress('prune');
  const preview = await vault.repository.previewPrune({
    ...options,
    suspectedPacks: suspectedPacks(records, nowMs()),
    progress: progress.report,
    signal,
  });
  progress[Symbol.dispose]();
  const [problem] = problems;
  if (problem !== undefined)
    output.warn(`nothing is removed from ${name} while its records are damaged: ${problem.what}`);
  if (paused !== undefined) output.warn(`${paused.message}. ${paused.hint ?? ''}`);
  const { usedBytes, wastedBytes, packs, early } = preview;
  await output.text(
    `${name}: ${bytesText(usedBytes)} needed; ${bytesText(wastedBytes)} wasted, and not worth rewriting`,
  );
  for (const group of grouped(packs)) await tellGroup(context, name, group);
  if (packs.length === 0) await output.text('  nothing to remove');
  for (const each of early) await tellEarly(context, name, each);
  const bytesIn = (state: PrunablePack['state']) => sum(packs.filter((pack) => pack.state === state));
  return {
    used_bytes: usedBytes,
    wasted_bytes: wastedBytes,
    new_bytes: bytesIn('new'),
    pending_bytes: bytesIn('pending'),
    due_bytes: bytesIn('due'),
    early_bytes: sum(early),
  };
}

async function tellGroup(
  { output }: CliContext,
  vault: string,
  [first, ...others]: readonly [PrunablePack, ...PrunablePack[]],
): Promise<void> {
  const packs = [first, ...others];
  const bytes = sum(packs);
  const rewriteBytes = packs.reduce((total, pack) => total + pack.rewriteBytes, 0);
  const at = first.removableAtMs;
  const when = at === undefined || first.state === 'due' ? '' : `; goes at ${momentText(at)}`;
  const record = {
    type: 'prunable',
    vault,
    state: first.state,
    kind: first.kind,
    packs: packs.length,
    bytes,
    rewrite_bytes: rewriteBytes,
    ...(at === undefined ? {} : { removable_at: new Date(at).toISOString() }),
  };
  await output.result(
    record,
    `  ${stateWords[first.state]}: ${groupText(first.kind, packs.length, bytes, rewriteBytes)}${when}`,
  );
}

/** By state, kind and date, in the order in which they go. */
function grouped(packs: readonly PrunablePack[]): (readonly [PrunablePack, ...PrunablePack[]])[] {
  const groups = new Map<string, [PrunablePack, ...PrunablePack[]]>();
  for (const pack of packs) {
    const key = `${pack.state} ${pack.kind} ${pack.removableAtMs ?? ''}`;
    const group = groups.get(key);
    if (group) group.push(pack);
    else groups.set(key, [pack]);
  }
  return [...groups.values()].sort(([a], [b]) => (a.removableAtMs ?? 0) - (b.removableAtMs ?? 0));
}

/** What it costs nobody here knows: the store has the price. */
async function tellEarly(
  { output }: CliContext,
  vault: string,
  { storageClass, minimumDays, packs, bytes, byteDays }: EarlyDeletion,
): Promise<void> {
  const record = {
    type: 'early-deletion',
    vault,
    storage_class: storageClass,
    minimum_days: minimumDays,
    packs,
    bytes,
    byte_days: Math.round(byteDays),
  };
  const days = Math.ceil(byteDays / Math.max(1, bytes));
  await output.result(
    record,
    `  of that ${plural(packs, 'pack')}, ${bytesText(bytes)}, in ${storageClass} before ${minimumDays} days are over: billed for ${plural(days, 'more day')} on average`,
  );
}

type EarlyDeletion = PrunePreview['early'][number];

function sum(packs: readonly { readonly bytes: number }[]): number {
  return packs.reduce((total, { bytes }) => total + bytes, 0);
}
