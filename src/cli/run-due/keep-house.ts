/**
 * What a pass does for the vaults themselves after backups, copies and proofs: points are given up by the retention of
 * the plan, bytes that nobody needs are removed, what is needed is retained for longer, and a share is read back. In this
 * order, so that proofs of today let older points go, and nothing is read or retained that goes anyway.
 */
import type { RecordTrigger } from '../../evidence/record.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import type { AppContext } from '../cli-context.ts';
import { planHistory, type VaultHistory } from '../plan/plan-history.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';
import type { Chore } from './chore.ts';
import { doChores } from './do-chores.ts';
import type { Finding } from './finding.ts';
import { owedAudits } from './pass-audit.ts';
import { owedChecks } from './pass-checks.ts';
import { owedPrunes } from './pass-prune.ts';
import { owedRetention } from './pass-retention.ts';
import type { PassVoice } from './pass-voice.ts';

export interface HouseRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly systems: readonly ResolvedSystem[];
  readonly voice: PassVoice;
  readonly trigger: RecordTrigger;
  readonly dryRun?: boolean;
  /** Something was backed up or copied in this pass: then people are told who else has work to do. */
  readonly isBusy: boolean;
}

export interface House {
  readonly findings: readonly Finding[];
  readonly histories: readonly VaultHistory[];
  readonly done: number;
}

/** `before` was read after everything else was done. Raises only interruptions, and what reading histories raises. */
export async function keepHouse(
  context: AppContext,
  request: HouseRequest,
  before: readonly VaultHistory[],
): Promise<House> {
  const retention = await owedRetention(context, request, before);
  await tellOnlyAdded(request, retention.onlyAdded);
  for (const finding of retention.findings) await request.voice.failed(finding);
  const retained = await work(context, request, before, retention.chores);
  const prunes = owedPrunes(context, request, retained.histories);
  for (const finding of prunes.findings) await request.voice.failed(finding);
  const pruned = await work(context, request, retained.histories, prunes.chores);
  const checkRequest = { ...request, plannedVaults: request.session.plan.vaults };
  const checks = owedChecks(context, checkRequest, pruned.histories);
  for (const finding of checks.findings) await request.voice.failed(finding);
  const audits = owedAudits(context, request, pruned.histories);
  const checked = await work(context, request, pruned.histories, [...audits, ...checks.chores]);
  return {
    findings: [
      ...[...retention.findings, ...retained.findings, ...prunes.findings],
      ...[...pruned.findings, ...checks.findings, ...checked.findings],
    ],
    histories: checked.histories,
    done: retained.done + pruned.done + checked.done,
  };
}

async function work(
  context: AppContext,
  request: HouseRequest,
  histories: readonly VaultHistory[],
  chores: readonly Chore[],
): Promise<House> {
  const { findings, done } = await doChores(context, request, chores);
  if (done === 0) return { findings, done, histories };
  return { findings, done, histories: await planHistory(context, request.session, request.vaults, true) };
}

async function tellOnlyAdded({ voice, isBusy }: HouseRequest, vaults: readonly string[]): Promise<void> {
  if (!isBusy) return;
  for (const vault of vaults) {
    const words = `left      ${vault}: this machine only adds to it; points are given up and bytes removed where the plan does not say append_only`;
    await voice.say('only_added', { vault }, words);
  }
}
