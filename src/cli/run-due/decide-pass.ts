/** What is owed to every system and to every vault that could be read, and which failures are known before anything is done. */
import { copyRoute, isOnRoute } from '../../plan/copy-route.ts';
import type { ResolvedPlan, ResolvedSystem } from '../../plan/resolved-plan.ts';
import { systemHash } from '../../plan/system-hash.ts';
import type { ScheduleEvent } from '../../schedule/schedule.ts';
import { damagedLog } from '../plan/damaged-log.ts';
import { logFactsRequest, needsBase } from '../plan/log-facts.ts';
import type { LogStatuses } from '../plan/log-statuses.ts';
import { owedInPlan } from '../plan/owed-in-plan.ts';
import { type VaultHistory, wrongWith } from '../plan/plan-history.ts';
import { type Finding, failureError } from './finding.ts';
import { lastRunOfSystem } from './last-run.ts';
import { type BackupDecision, decideBackup } from './owed-backup.ts';
import { type CopyDecision, decideCopy } from './owed-copy.ts';
import { decideProof, type ProofDecision } from './owed-proof.ts';
import type { RunMemory } from './run-memory.ts';

export interface PassFacts {
  readonly plan: ResolvedPlan;
  readonly planId: string;
  /** Those that this pass is about. */
  readonly systems: readonly ResolvedSystem[];
  readonly histories: readonly VaultHistory[];
  readonly memory: RunMemory;
  readonly logs: LogStatuses;
  readonly event?: ScheduleEvent;
  readonly nowMs: number;
}

export interface DecidedBackup {
  readonly system: ResolvedSystem;
  readonly decision: BackupDecision;
}

export interface DecidedCopy {
  readonly system: ResolvedSystem;
  readonly vault: string;
  readonly decision: CopyDecision;
}

export interface DecidedProof {
  readonly system: ResolvedSystem;
  readonly decision: ProofDecision;
}

export const backupSubject = (system: string): string => `backup ${system}`;
export const copySubject = (system: string, vault: string): string => `copy ${system} ${vault}`;
export const proofSubject = (system: string): string => `verify ${system}`;

/** One finding for each vault that a system needs: fine, not to be read, not to be believed, or damaged beside its data. */
export function judgeVaults({ plan, systems, histories }: PassFacts): readonly Finding[] {
  return histories.flatMap((history) => {
    const { vault } = history;
    const error = wrongWith(history);
    const needing = systems
      .filter((system) => isOnRoute(copyRoute(plan, system), vault))
      .map(({ name }) => name);
    if (needing.length === 0) return [];
    const subject = `vault ${vault}`;
    return [{ subject, systems: needing, vault, ...(error === undefined ? {} : { error }) }];
  });
}

/** Vaults that could not be read are left out: nothing is known of them, which `judgeVaults` reports. */
export function decideBackups(facts: PassFacts): readonly DecidedBackup[] {
  const { planId, systems, memory, nowMs, event } = facts;
  return systems.flatMap((system) => {
    const histories = readVaults(facts, system);
    if (histories.length === 0) return [];
    const attempt = memory.attempts.get(backupSubject(system.name));
    const known = { planId, system: system.name, nowMs, ...(attempt === undefined ? {} : { attempt }) };
    const lastRun = lastRunOfSystem(known, histories);
    const { schedules } = system;
    const points = histories.flatMap((history) => (history.trouble === undefined ? history.points : []));
    const logs = { statuses: facts.logs, damaged: damagedLog(histories, system.name) };
    const log = logFactsRequest(system, points, logs, nowMs);
    const torn = log !== undefined && needsBase(log);
    const question = { schedules, systemHash: systemHash(system), lastRun, nowMs, event, needsBase: torn };
    return [{ system, decision: decideBackup(question) }];
  });
}

/** What every vault that could be read is owed from the others that could. */
export function decideCopies(facts: PassFacts): readonly DecidedCopy[] {
  const { plan, systems, memory, nowMs } = facts;
  return systems.flatMap((system) => {
    const histories = readVaults(facts, system).filter(({ trouble }) => trouble === undefined);
    return histories.map((target) => {
      const owed = owedInPlan({ plan, system, target, histories, nowMs });
      const attempt = memory.attempts.get(copySubject(system.name, target.vault));
      return { system, vault: target.vault, decision: decideCopy(owed, attempt, nowMs) };
    });
  });
}

export function decideProofs(facts: PassFacts): readonly DecidedProof[] {
  const { planId, memory, nowMs } = facts;
  return facts.systems.map((system) => ({
    system,
    decision: decideProof({
      planId,
      system: system.name,
      systemHash: systemHash(system),
      proofAgeMs: system.objectives.proofAge.valueMs,
      vaults: readVaults(facts, system),
      attempt: memory.attempts.get(proofSubject(system.name)),
      nowMs,
    }),
  }));
}

/** What is known of a backup without doing one; nothing for those that are to be run. */
export function backupFinding({ system, decision }: DecidedBackup): readonly Finding[] {
  const about = { subject: backupSubject(system.name), systems: [system.name] };
  if (decision.kind === 'wait')
    return [{ ...about, error: failureError(decision.failure), retryAtMs: decision.retryAtMs }];
  return decision.kind === 'nothing' && decision.isBackedUp ? [about] : [];
}

export function proofFinding({ system, decision }: DecidedProof): readonly Finding[] {
  const about = { subject: proofSubject(system.name), systems: [system.name] };
  if (decision.kind === 'wait')
    return [{ ...about, error: failureError(decision.failure), retryAtMs: decision.retryAtMs }];
  return decision.kind === 'proven' ? [about] : [];
}

/** What is known of copies without making any; nothing for those that are to be made. */
export function copyFinding({ system, vault, decision }: DecidedCopy): readonly Finding[] {
  const about = { subject: copySubject(system.name, vault), systems: [system.name], vault };
  if (decision.kind === 'wait')
    return [{ ...about, error: failureError(decision.failure), retryAtMs: decision.retryAtMs }];
  return decision.kind === 'nothing' ? [about] : [];
}

function readVaults({ plan, histories }: PassFacts, system: ResolvedSystem): readonly VaultHistory[] {
  const route = copyRoute(plan, system);
  return histories.filter(({ vault, isStale }) => isStale !== true && isOnRoute(route, vault));
}
