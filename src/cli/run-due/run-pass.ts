/**
 * One pass over a plan: the histories are read anew from the vaults, what is owed is backed up, copied, then proven;
 * after that come the vaults themselves, and at the end the plan is held against its objectives. Every system and
 * every vault is tried, whatever becomes of the others.
 */
import type { RecordTrigger } from '../../evidence/record.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { systemHash } from '../../plan/system-hash.ts';
import type { ScheduleEvent } from '../../schedule/schedule.ts';
import type { AppContext } from '../cli-context.ts';
import { recoveryKeyConcern } from '../keys/recovery-key-warning.ts';
import { assessPlan, type PlanAssessment } from '../plan/assess-plan.ts';
import { backupSystems, type SystemBackup } from '../plan/backup-systems.ts';
import { readLogStatuses } from '../plan/log-statuses.ts';
import { planHistory, type VaultHistory } from '../plan/plan-history.ts';
import { chosenSystems, type PlanSession } from '../plan/plan-session.ts';
import { openPlanVaults, type PlanVaults } from '../plan/plan-vaults.ts';
import { type SystemProof, verifySystems } from '../plan/verify-systems.ts';
import { knownError } from '../report-error.ts';
import { pausesOf } from '../retention/plan-pauses.ts';
import {
  backupFinding,
  backupSubject,
  copyFinding,
  type DecidedProof,
  decideBackups,
  decideCopies,
  decideProofs,
  judgeVaults,
  type PassFacts,
  proofFinding,
  proofSubject,
} from './decide-pass.ts';
import { type Finding, passExitCode } from './finding.ts';
import { type House, keepHouse } from './keep-house.ts';
import { nextPassAt } from './next-pass.ts';
import { objectiveFindings } from './objective-findings.ts';
import { copyOwed } from './pass-copies.ts';
import { backupError, proofError, silentChangeError } from './pass-errors.ts';
import type { PassResult } from './pass-result.ts';
import { proveStores } from './pass-stores.ts';
import type { PassVoice } from './pass-voice.ts';
import { rememberAttempts } from './remember-attempts.ts';
import { loadMemory } from './run-memory.ts';
import { suspicionFindings, suspicionSubject } from './suspicion-findings.ts';

export interface PassRequest {
  readonly session: PlanSession;
  readonly voice: PassVoice;
  readonly event?: ScheduleEvent;
  /** Says what is owed and does nothing. */
  readonly dryRun?: boolean;
}

interface Pass extends PassRequest {
  readonly vaults: PlanVaults;
  readonly systems: readonly ResolvedSystem[];
}

/** Raises only interruptions, and what keeps the pass as a whole from being made. */
export async function runPass(context: AppContext, request: PassRequest): Promise<PassResult> {
  const { session, event } = request;
  await using vaults = openPlanVaults(context, session);
  const systems = chosenSystems(session.plan, []).filter(({ schedules }) => isAbout(schedules, event));
  const pass: Pass = { ...request, vaults, systems };
  const startMs = context.nowMs();
  const before = await planHistory(context, session, vaults, true);
  const vaultFindings = judgeVaults(factsOf(context, pass, before));
  for (const finding of vaultFindings) await request.voice.failed(finding);
  const stores = await proveStores(context, { ...pass, trigger: triggerOf(pass) }, before);
  const backups = await backUpOwed(context, pass, before);
  const between = backups.done === 0 ? before : await planHistory(context, session, vaults, true);
  const copies = await bringCopies(context, pass, between);
  const copied = copies.done === 0 ? between : await planHistory(context, session, vaults, true);
  const proofs = await proveOwed(context, pass, copied);
  const proven = proofs.done === 0 ? copied : await planHistory(context, session, vaults, true);
  const isBusy = backups.done + copies.done > 0;
  const house = await keepVaults(context, { ...pass, isBusy }, proven);
  const made = [...backups.findings, ...copies.findings, ...proofs.findings];
  const suspicions = await judgeSuspicions(pass, house.histories, made, context.nowMs());
  const work = [...vaultFindings, ...stores, ...made, ...suspicions, ...house.findings];
  const nowMs = context.nowMs();
  const assessment = assessPlan(session.plan, house.histories, nowMs, readLogStatuses(session.plan));
  const { verdict } = assessment;
  const findings = [...work, ...(await judgeObjectives(pass, assessment))];
  const concern = recoveryKeyConcern(house.histories, nowMs);
  return {
    findings,
    backups: backups.done,
    copies: copies.done,
    proofs: proofs.done,
    chores: house.done,
    verdict,
    isGood: passExitCode(findings) === 0 && (verdict.status === 'met' || verdict.status === 'at-risk'),
    nextPassAtMs: nextPassAt({ systems, findings: work, proofDueMs: proofs.dueMs, startMs, nowMs }),
    ...(concern === undefined ? {} : { recoveryKeyConcern: concern }),
  };
}

/** Not when something happened that backups are owed for: then nothing but those counts. */
async function keepVaults(
  context: AppContext,
  pass: Pass & { readonly isBusy: boolean },
  histories: readonly VaultHistory[],
): Promise<House> {
  if (pass.event !== undefined) return { findings: [], histories, done: 0 };
  return await keepHouse(context, { ...pass, trigger: triggerOf(pass) }, histories);
}

async function judgeSuspicions(
  { session, systems, voice }: Pass,
  histories: readonly VaultHistory[],
  known: readonly Finding[],
  nowMs: number,
): Promise<readonly Finding[]> {
  const names = systems.map(({ name }) => name);
  const findings = suspicionFindings(names, pausesOf(session, histories, nowMs), known);
  for (const finding of findings) await voice.failed(finding);
  return findings;
}

/** After the work, of the systems that this pass is about. A dry run has not done what would meet them. */
async function judgeObjectives(
  { systems, voice, dryRun }: Pass,
  assessment: PlanAssessment,
): Promise<readonly Finding[]> {
  if (dryRun === true) return [];
  const own = assessment.systems.filter(({ system }) => systems.some(({ name }) => name === system));
  const findings = objectiveFindings(own);
  for (const finding of findings) await voice.failed(finding);
  return findings;
}

function isAbout(schedules: ResolvedSystem['schedules'], event: ScheduleEvent | undefined): boolean {
  if (event === undefined) return true;
  return schedules.some((schedule) => schedule.kind === 'event' && schedule.event === event);
}

/** The memory is read each time, because the work before has changed it. */
function factsOf(context: AppContext, pass: Pass, histories: readonly VaultHistory[]): PassFacts {
  const { session, systems, event } = pass;
  const planId = session.plan.metadata.id;
  const facts = {
    plan: session.plan,
    planId,
    systems,
    histories,
    memory: loadMemory(planId),
    logs: readLogStatuses(session.plan),
    nowMs: context.nowMs(),
  };
  return event === undefined ? facts : { ...facts, event };
}

interface Work {
  readonly findings: readonly Finding[];
  readonly done: number;
}

async function backUpOwed(
  context: AppContext,
  pass: Pass,
  histories: readonly VaultHistory[],
): Promise<Work> {
  const decided = decideBackups(factsOf(context, pass, histories));
  const findings: Finding[] = [];
  let done = 0;
  for (const system of pass.systems) {
    const own = decided.filter((backup) => backup.system === system);
    const known = own.flatMap(backupFinding);
    for (const finding of known) await pass.voice.failed(finding);
    const owed = own.filter(({ decision }) => decision.kind === 'run');
    for (const backup of owed) await pass.voice.owed(backup);
    findings.push(...known);
    if (owed.length === 0 || pass.dryRun === true) continue;
    findings.push(...(await backUp(context, pass, system)));
    done += 1;
  }
  return { findings, done };
}

async function backUp(context: AppContext, pass: Pass, system: ResolvedSystem): Promise<readonly Finding[]> {
  const { session, vaults, voice } = pass;
  const ended: SystemBackup[] = [];
  // copies are made afterwards, of all systems, with what was owed from before
  const request = {
    session,
    vaults,
    systems: [system],
    trigger: triggerOf(pass),
    full: false,
    copies: false,
  };
  const crash = await crashOf(context, () =>
    backupSystems(context, request, async (backup) => {
      ended.push(backup);
      await voice.backup(backup);
    }),
  );
  const error = backupError(ended.at(-1), crash);
  const about = { subject: backupSubject(system.name), systems: [system.name] };
  const finding: Finding = error === undefined ? about : { ...about, error };
  if (ended.length === 0) await voice.failed(finding);
  await remember(context, pass, system, [finding]);
  const suspicion = silentChangeError(ended);
  if (suspicion === undefined) return [finding];
  const suspected = { subject: suspicionSubject(system.name), systems: [system.name] };
  const suspect: Finding = { ...suspected, isToldOnce: true, error: suspicion };
  await voice.failed(suspect);
  return [finding, suspect];
}

function triggerOf({ event }: Pass): RecordTrigger {
  return event === undefined ? 'schedule' : 'event';
}

async function bringCopies(
  context: AppContext,
  pass: Pass,
  histories: readonly VaultHistory[],
): Promise<Work> {
  const decided = decideCopies(factsOf(context, pass, histories));
  const findings: Finding[] = [];
  let done = 0;
  for (const system of pass.systems) {
    const own = decided.filter((copy) => copy.system === system);
    const known = own.flatMap(copyFinding);
    for (const finding of known) await pass.voice.failed(finding);
    findings.push(...known);
    const owed = own.filter(({ decision }) => decision.kind === 'run');
    for (const copy of owed) await pass.voice.owedCopy(copy);
    if (owed.length === 0 || pass.dryRun === true) continue;
    const made = await copyOwed(context, { ...pass, trigger: triggerOf(pass) }, system, owed);
    await remember(context, pass, system, made);
    findings.push(...made);
    done += owed.length;
  }
  return { findings, done };
}

async function proveOwed(
  context: AppContext,
  pass: Pass,
  histories: readonly VaultHistory[],
): Promise<Work & { readonly dueMs: readonly number[] }> {
  const decided = decideProofs(factsOf(context, pass, histories));
  const findings: Finding[] = [];
  let done = 0;
  for (const proof of decided) {
    const known = proofFinding(proof);
    for (const finding of known) await pass.voice.failed(finding);
    findings.push(...known);
    if (proof.decision.kind !== 'verify') continue;
    await pass.voice.owedProof(proof);
    if (pass.dryRun === true) continue;
    findings.push(await prove(context, pass, histories, proof));
    done += 1;
  }
  const dueMs = decided.flatMap(({ decision }) => (decision.kind === 'proven' ? [decision.dueMs] : []));
  return { findings, done, dueMs };
}

async function prove(
  context: AppContext,
  pass: Pass,
  histories: readonly VaultHistory[],
  { system, decision }: DecidedProof,
): Promise<Finding> {
  const { session, vaults, voice } = pass;
  const ended: { proof?: SystemProof } = {};
  const chosen = decision.kind === 'verify' ? { vault: decision.vault, pointId: decision.pointId } : {};
  const request = { session, vaults, histories, systems: [system], ...chosen };
  const crash = await crashOf(context, () =>
    verifySystems(context, { ...request, trigger: triggerOf(pass), keepSandbox: false }, async (proof) => {
      ended.proof = proof;
      await voice.proof(proof);
    }),
  );
  const error = proofError(system.name, ended.proof, crash);
  const about = { subject: proofSubject(system.name), systems: [system.name] };
  const finding: Finding = error === undefined ? about : { ...about, error };
  if (ended.proof === undefined) await voice.failed(finding);
  await remember(context, { session }, system, [finding]);
  return finding;
}

/** What must not end the other systems' work; interruptions do. */
async function crashOf(context: AppContext, work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (context.signal.aborted) throw error;
    return knownError(error);
  }
}

async function remember(
  context: AppContext,
  { session }: Pick<Pass, 'session'>,
  system: ResolvedSystem,
  findings: readonly Finding[],
): Promise<void> {
  const about = { planId: session.plan.metadata.id, systemHash: systemHash(system) };
  await rememberAttempts(context, about, findings);
}
