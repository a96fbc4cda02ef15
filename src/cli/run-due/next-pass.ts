/** When the next pass is to be made. Pure. */
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { nextDue } from '../../schedule/due-times.ts';
import { choreAgainAfterMs } from './chore.ts';
import type { Finding } from './finding.ts';
import { retryAfterMs } from './owed-backup.ts';
import { proveAgainAfterMs } from './owed-proof.ts';

/** Even when nothing is due, so that a vault that went away is noticed, and that the dead man's switch is held. */
export const passIntervalMsMax = 60 * 60_000;

/** So that work which outlasts its own schedule cannot keep the machine busy without a breath. */
export const passIntervalMsMin = 1000;

const choreSubject = /^(retention|prune|check|audit|suspicion) /;

export interface PassEnd {
  readonly systems: readonly ResolvedSystem[];
  readonly findings: readonly Finding[];
  /** When proofs that hold now are to be renewed. */
  readonly proofDueMs: readonly number[];
  readonly startMs: number;
  readonly nowMs: number;
}

/** A due time that passed while the pass was at work counts: what was owed then is owed now. */
export function nextPassAt({ systems, findings, proofDueMs, startMs, nowMs }: PassEnd): number {
  const due = systems.flatMap(({ schedules }) => schedules.map((schedule) => nextDue(schedule, startMs)));
  const retries = findings.flatMap(({ error, retryAtMs, subject }) =>
    error === undefined ? [] : [retryAtMs ?? nowMs + retryDelayMs(subject)],
  );
  const times = [...due.filter((dueMs) => dueMs !== undefined), ...retries, ...proofDueMs];
  return Math.max(nowMs + passIntervalMsMin, Math.min(nowMs + passIntervalMsMax, ...times));
}

function retryDelayMs(subject: string): number {
  if (subject.startsWith('verify ')) return proveAgainAfterMs;
  return choreSubject.test(subject) ? choreAgainAfterMs : retryAfterMs;
}
