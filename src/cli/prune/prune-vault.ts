/** Prunes one vault, records what was done, and says it. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import { type RunContext, sharedFields } from '../../evidence/run-context.ts';
import type { PruneRecord } from '../../evidence/vault-records.ts';
import { suspectedPacks } from '../../recovery-point/known-damage.ts';
import type { DeletionPause } from '../../recovery-point/suspicion.ts';
import type { PruneOptions, PruneReport } from '../../repository/prune-types.ts';
import { lostPoints } from '../../vault/lost-points.ts';
import type { Vault } from '../../vault/vault.ts';
import type { CliContext } from '../cli-context.ts';
import { bytesText, momentText, plural } from '../quantity-text.ts';
import { soundRecords } from '../retention/preview-repository.ts';
import { damagePause } from './damage-pause.ts';
import { lossPause } from './loss-pause.ts';

const graceMsDefault = 24 * 60 * 60_000;

/** How long what is marked stays: by the plan, else a day. */
export function graceOf(declared: { readonly grace?: number } | undefined): number {
  return declared?.grace ?? graceMsDefault;
}

export interface PruneRequest {
  readonly run: RunContext;
  /** For people: its name in the plan, or its location. */
  readonly name: string;
  readonly vault: Vault;
  /** Of all vaults whose points may be needed. */
  readonly pauses: readonly DeletionPause[];
  readonly options: Omit<PruneOptions, 'progress' | 'signal'>;
  /** A person said why points that are lost need nothing any more. */
  readonly despiteLoss?: boolean;
}

/** Raises what `pruneAndRecord` raises. */
export async function pruneVault(context: CliContext, request: PruneRequest): Promise<PruneReport> {
  const { name } = request;
  const report = await pruneAndRecord(context, request);
  await context.output.result(
    { type: 'prune', vault: name, ...reportFields(report) },
    reportText(name, report),
  );
  return report;
}

/**
 * Raises DELETION_PAUSED, VAULT_LOCKED, STORE_APPEND_ONLY, VAULT_DAMAGED (also when the records cannot be believed: then
 * nobody knows what is damaged, lost or held) and what reading and the store raise.
 */
export async function pruneAndRecord(context: CliContext, request: PruneRequest): Promise<PruneReport> {
  const { output, signal, nowMs } = context;
  const { run, vault, name, options } = request;
  refusePaused(name, request.pauses);
  const startMs = nowMs();
  const known = await soundRecords(vault, signal);
  const { records } = known;
  const damaged = damagePause(name, records, startMs);
  if (damaged !== undefined) throw damaged;
  const lost = lossPause(name, await lostPoints(vault, known, startMs, signal));
  if (lost !== undefined && request.despiteLoss !== true) throw lost;
  using progress = output.progress('prune');
  const report = await vault.repository.prune({
    ...options,
    suspectedPacks: suspectedPacks(records, startMs),
    progress: progress.report,
    signal,
  });
  progress[Symbol.dispose]();
  // by a schedule also when there was nothing to do: when the vault was looked at is what the next one goes by
  if (run.trigger !== 'manual' || report.marked.packs + report.reclaimed.packs + report.neededAgain > 0) {
    await vault.append(recordOf(request, report, startMs, nowMs()));
    await vault.records(signal);
  }
  return report;
}

function refusePaused(name: string, [pause]: readonly DeletionPause[]): void {
  if (pause === undefined) return;
  throw new LifeboatError(
    'DELETION_PAUSED',
    `nothing is removed from ${name} while ${pause.system} is under suspicion: ${pause.reason}`,
    {
      hint: `Look at the newest backups of ${pause.system}. If all is well, run \`lifeboat forget --clear-suspicion ${pause.system} --why TEXT\`.`,
      details: { system: pause.system },
    },
  );
}

function recordOf(
  { run, vault }: PruneRequest,
  report: PruneReport,
  startMs: number,
  endMs: number,
): PruneRecord {
  return {
    type: 'prune',
    ...sharedFields(run, vault.id),
    ...recordTimes(startMs, endMs),
    verdict: 'pass',
    phase: report.reclaimed.packs + report.neededAgain > 0 ? 'sweep' : 'mark',
    packs: report.reclaimed.packs > 0 ? report.reclaimed.packs : report.marked.packs,
    bytesReclaimed: report.reclaimed.bytes,
    bytesPending: report.pending.bytes,
    bytesRewritten: report.rewrittenBytes,
    ...(report.removableAtMs === undefined ? {} : { removableAtMs: report.removableAtMs }),
  };
}

export function reportFields(report: PruneReport): Readonly<Record<string, unknown>> {
  return {
    snapshots: report.snapshots,
    used_bytes: report.usedBytes,
    wasted_bytes: report.wastedBytes,
    marked_packs: report.marked.packs,
    marked_bytes: report.marked.bytes,
    reclaimed_packs: report.reclaimed.packs,
    reclaimed_bytes: report.reclaimed.bytes,
    rewritten_bytes: report.rewrittenBytes,
    pending_packs: report.pending.packs,
    pending_bytes: report.pending.bytes,
    ...(report.removableAtMs === undefined
      ? {}
      : { removable_at: new Date(report.removableAtMs).toISOString() }),
    needed_again: report.neededAgain,
    retained: report.retained,
  };
}

function reportText(name: string, report: PruneReport): string {
  const { marked, reclaimed, pending, removableAtMs } = report;
  const lines = [`${name}: ${bytesText(report.usedBytes)} needed by ${plural(report.snapshots, 'snapshot')}`];
  if (reclaimed.packs > 0)
    lines.push(
      `  removed  ${plural(reclaimed.packs, 'pack')}, ${bytesText(Math.max(0, reclaimed.bytes))} less than before`,
    );
  if (report.rewrittenBytes > 0) lines.push(`  rewritten  ${bytesText(report.rewrittenBytes)}`);
  if (marked.packs > 0 && pending.packs > 0) lines.push(`  marked   ${plural(marked.packs, 'pack')}`);
  if (pending.packs > 0) {
    const when = removableAtMs === undefined ? '' : `; the next go at ${momentText(removableAtMs)}`;
    // of small packs that are put together nothing comes free
    const free = pending.bytes > 0 ? bytesText(pending.bytes) : 'which frees next to nothing';
    lines.push(`  pending  ${plural(pending.packs, 'pack')}, ${free}${when}`);
  }
  if (report.neededAgain > 0) lines.push(`  needed again  ${plural(report.neededAgain, 'pack')}`);
  if (report.retained > 0)
    lines.push(`  kept by the store until its date  ${plural(report.retained, 'pack')}`);
  if (lines.length === 1) lines.push('  nothing to remove');
  return lines.join('\n');
}
