/** How far a vault is behind the others, against what the plan allows. */
import { durationText } from './duration-text.ts';
import type { Assessment, Status } from './objective.ts';

export interface CopyLagFacts {
  readonly system: string;
  /** The vault's name in the plan. */
  readonly vault: string;
  /** When the vault was read: milliseconds since the epoch. Absent when it never was. */
  readonly factsAtMs?: number;
  /** Why it cannot be said what it lacks: lower-case, without full stop. */
  readonly doubt?: string;
  readonly owedPoints: number;
  /** When the oldest point that it lacks could have been copied; absent when it lacks none. */
  readonly owedSinceMs?: number;
}

const atRiskShare = 0.8;
/** Clocks of two hosts may differ by this much. */
const clockSkewToleratedMs = 60_000;

/** `targetMs` is `copy_within` of the vault. What is not known is never met. */
export function assessCopyLag(facts: CopyLagFacts, targetMs: number, nowMs: number): Assessment {
  const { system, vault } = facts;
  const about = { system, objective: { kind: 'copy-lag' as const, targetMs }, vault };
  const doubt = doubtOf(facts, targetMs, nowMs);
  if (doubt !== undefined)
    return { ...about, status: 'unknown', reason: doubt, nextAction: 'lifeboat status --refresh' };
  const measuredMs = copyLagMs(facts, nowMs);
  const ratio = targetMs > 0 ? measuredMs / targetMs : measuredMs === 0 ? 0 : Number.POSITIVE_INFINITY;
  const status: Status = ratio > 1 ? 'breached' : ratio > atRiskShare ? 'at-risk' : 'met';
  return {
    ...about,
    status,
    measuredMs,
    ratio,
    reason: lagText(facts, nowMs),
    ...(status === 'met' ? {} : { nextAction: `lifeboat copy ${system} --to ${vault}` }),
  };
}

/** 0 when nothing is owed. */
export function copyLagMs({ owedSinceMs }: CopyLagFacts, nowMs: number): number {
  return owedSinceMs === undefined ? 0 : Math.max(0, nowMs - owedSinceMs);
}

export function lagText(facts: CopyLagFacts, nowMs: number): string {
  const { vault, owedPoints } = facts;
  if (owedPoints === 0) return `${vault} has every point that it should have`;
  const points = owedPoints === 1 ? 'a point' : `${owedPoints} points`;
  return `${vault} lacks ${points} since ${durationText(copyLagMs(facts, nowMs))}`;
}

function doubtOf(facts: CopyLagFacts, targetMs: number, nowMs: number): string | undefined {
  const { vault, factsAtMs, doubt, owedSinceMs } = facts;
  if (doubt !== undefined) return doubt;
  if (factsAtMs === undefined) return `${vault} was not read`;
  if (owedSinceMs !== undefined && owedSinceMs > nowMs + clockSkewToleratedMs)
    return 'the newest point lies in the future: a clock was set back or is wrong';
  const ageMs = nowMs - factsAtMs;
  return ageMs > targetMs
    ? `what is known of ${vault} is ${durationText(ageMs)} old, older than the objective`
    : undefined;
}
