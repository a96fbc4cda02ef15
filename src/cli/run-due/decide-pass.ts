/** What every system owes every vault that could be read, and which failures are known before anything is done. */
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { systemHash } from '../../plan/system-hash.ts';
import type { ScheduleEvent } from '../../schedule/schedule.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import { type Finding, failureError } from './finding.ts';
import { lastRunOf } from './last-run.ts';
import { type BackupDecision, decideBackup } from './owed-backup.ts';
import { decideProof, type ProofDecision } from './owed-proof.ts';
import type { RunMemory } from './run-memory.ts';

export interface PassFacts {
  readonly planId: string;
  /** Those that this pass is about. */
  readonly systems: readonly ResolvedSystem[];
  readonly histories: readonly VaultHistory[];
  readonly memory: RunMemory;
  readonly event?: ScheduleEvent;
  readonly nowMs: number;
}

export interface DecidedBackup {
  readonly system: ResolvedSystem;
  readonly vault: string;
  readonly decision: BackupDecision;
}

export interface DecidedProof {
  readonly system: ResolvedSystem;
  readonly decision: ProofDecision;
}

export const backupSubject = (system: string, vault: string): string => `backup ${system} ${vault}`;
export const proofSubject = (system: string): string => `verify ${system}`;

/** One finding for each vault that a system needs: fine, not to be read, or not to be believed. */
export function judgeVaults({ systems, histories }: PassFacts): readonly Finding[] {
  return histories.flatMap(({ vault, trouble }) => {
    const needing = systems.filter(({ vaults }) => vaults.includes(vault)).map(({ name }) => name);
    if (needing.length === 0) return [];
    const subject = `vault ${vault}`;
    return [{ subject, systems: needing, vault, ...(trouble === undefined ? {} : { error: trouble }) }];
  });
}

/** Vaults that could not be read are left out: nothing is known of them, which `judgeVaults` reports. */
export function decideBackups(facts: PassFacts): readonly DecidedBackup[] {
  const { planId, systems, histories, memory, nowMs, event } = facts;
  return systems.flatMap((system) =>
    readVaults(histories, system).map((history) => {
      const attempt = memory.attempts.get(backupSubject(system.name, history.vault));
      const lastRun = lastRunOf({
        planId,
        system: system.name,
        history,
        nowMs,
        ...(attempt === undefined ? {} : { attempt }),
      });
      const { schedules } = system;
      const question = { schedules, systemHash: systemHash(system), lastRun, nowMs, event };
      return { system, vault: history.vault, decision: decideBackup(question) };
    }),
  );
}

export function decideProofs(facts: PassFacts): readonly DecidedProof[] {
  const { planId, histories, memory, nowMs } = facts;
  return facts.systems.map((system) => ({
    system,
    decision: decideProof({
      planId,
      system: system.name,
      systemHash: systemHash(system),
      proofAgeMs: system.objectives.proofAge.valueMs,
      vaults: readVaults(histories, system),
      attempt: memory.attempts.get(proofSubject(system.name)),
      nowMs,
    }),
  }));
}

/** What is known of a backup without doing one; nothing for those that are to be run. */
export function backupFinding({ system, vault, decision }: DecidedBackup): readonly Finding[] {
  const about = { subject: backupSubject(system.name, vault), systems: [system.name], vault };
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

function readVaults(histories: readonly VaultHistory[], system: ResolvedSystem): readonly VaultHistory[] {
  return histories.filter(({ vault, isStale }) => isStale !== true && system.vaults.includes(vault));
}
