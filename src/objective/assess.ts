/** Objective against measured fact. Pure, and pessimistic: whatever is missing, doubtful or old is never green. */
import { unreachable } from '../error/assert.ts';
import { assessRpoByLog } from './assess-rpo-by-log.ts';
import { durationText } from './duration-text.ts';
import {
  type Assessment,
  type Objective,
  objectiveName,
  type Status,
  type SystemObjective,
  statusOrder,
} from './objective.ts';
import { type RpoForecast, rpoBreachAt } from './rpo-forecast.ts';
import type { SystemFacts } from './system-facts.ts';

/** Above this share of its target an objective is at risk. */
export const atRiskShare = 0.8;

/** Two hosts' clocks may differ by this much before a time in the future counts as a clock that was set back. */
const clockSkewToleratedMs = 60_000;

type Finding = Pick<Assessment, 'status' | 'reason' | 'measuredMs' | 'nextAction'>;

/**
 * How the system stands against one objective at `nowMs`. The same facts never turn from breached or at risk to met
 * as time passes.
 */
export function assess(objective: SystemObjective, facts: SystemFacts, nowMs: number): Assessment {
  const finding = find(objective, facts, nowMs);
  const { measuredMs } = finding;
  const ratio = measuredMs === undefined ? undefined : ratioOf(measuredMs, objective.targetMs);
  return { system: facts.system, objective, ...finding, ...(ratio === undefined ? {} : { ratio }) };
}

function find(objective: SystemObjective, facts: SystemFacts, nowMs: number): Finding {
  switch (objective.kind) {
    case 'rpo':
      return assessRpo(objective, facts, nowMs);
    case 'rto':
      return assessRto(objective, facts, nowMs);
    case 'proof-age':
      return assessProofAge(objective, facts, nowMs);
    default:
      return unreachable(objective.kind);
  }
}

/** What a log reaches counts as much as a point. Where neither is enough, the log tells more: it is what was to hold. */
function assessRpo(objective: Objective, facts: SystemFacts, nowMs: number): Finding {
  const byPoints = rpoByPoints(objective, facts, nowMs);
  const { log, system } = facts;
  if (log === undefined) return byPoints;
  const doubt = doubtOfFacts(facts, nowMs, Math.max(objective.targetMs, baseFactsAgeMsMax));
  if (doubt !== undefined) return doubt;
  const byLog = assessRpoByLog(objective.targetMs, { system, log }, (atMs) => age(atMs, nowMs));
  const isEnough = byPoints.status === 'met' || byPoints.status === 'at-risk';
  return isEnough && isBetter(byPoints, byLog) ? byPoints : byLog;
}

/** How long ago the vaults may have been read for the point below a log to be counted on: the log is watched by itself. */
export const baseFactsAgeMsMax = 86_400_000;

function isBetter(one: Finding, other: Finding): boolean {
  return statusOrder.indexOf(one.status) < statusOrder.indexOf(other.status);
}

function rpoByPoints(objective: Objective, facts: SystemFacts, nowMs: number): Finding {
  const doubt = doubtOfFacts(facts, nowMs, objective.targetMs);
  if (doubt !== undefined) return doubt;
  const forecast = rpoBreachAt(facts, objective);
  if (facts.newestChecked === undefined || forecast === undefined) return noCheckedPoint(facts);
  const measuredMs = age(facts.newestChecked.capturedAtMs, nowMs);
  if (measuredMs === undefined) return futureTime('the newest recovery point', facts);
  if (nowMs > forecast.breachAtMs) {
    const reason = `the newest checked point is ${durationText(measuredMs)} old against ${durationText(objective.targetMs)}${flawNote(facts)}`;
    return { status: 'breached', measuredMs, reason, nextAction: backup(facts) };
  }
  const risk = rpoRisk(forecast, objective, measuredMs, nowMs);
  if (risk !== undefined)
    return { status: 'at-risk', measuredMs, reason: risk + flawNote(facts), nextAction: backup(facts) };
  return { status: 'met', measuredMs, reason: `the newest checked point is ${durationText(measuredMs)} old` };
}

/** Why a breach is coming, if it is. */
function rpoRisk(
  forecast: RpoForecast,
  objective: Objective,
  measuredMs: number,
  nowMs: number,
): string | undefined {
  const remaining = durationText(Math.max(0, forecast.breachAtMs - nowMs));
  if (forecast.nextRunMs === undefined) {
    const used = measuredMs > atRiskShare * objective.targetMs;
    return used ? `no run is scheduled before the objective is breached in ${remaining}` : undefined;
  }
  if (!forecast.nextRunInTime) return `the next run comes after the objective is breached in ${remaining}`;
  const overdueMs = nowMs - forecast.nextRunMs;
  const used = measuredMs > atRiskShare * objective.targetMs;
  return overdueMs > 0 && used
    ? `a run is overdue by ${durationText(overdueMs)}, breach in ${remaining}`
    : undefined;
}

function noCheckedPoint(facts: SystemFacts): Finding {
  const newest = facts.newestAny;
  if (newest === undefined) {
    return { status: 'breached', reason: 'there is no recovery point', nextAction: backup(facts) };
  }
  const nextAction = newest.flaw === 'not-checked' ? verify(facts) : backup(facts);
  return {
    status: 'unknown',
    reason: `no complete recovery point was read back${flawNote(facts)}`,
    nextAction,
  };
}

/** A newer point that does not count explains an age that surprises. */
function flawNote(facts: SystemFacts): string {
  switch (facts.newestAny?.flaw) {
    case undefined:
      return '';
    case 'incomplete':
      return '; a newer one is incomplete';
    case 'not-checked':
      return '; a newer one was not read back';
    case 'failed':
      return '; a newer one failed its proof';
  }
}

function assessRto(objective: Objective, facts: SystemFacts, nowMs: number): Finding {
  const doubt = doubtOfProof(facts, nowMs);
  if (doubt !== undefined) return doubt;
  const measuredMs = facts.lastProof?.durationMs;
  if (measuredMs === undefined) return noProof(facts);
  const share = measuredMs / objective.targetMs;
  const status: Status = share > 1 ? 'breached' : share > atRiskShare ? 'at-risk' : 'met';
  const reason = `the last proving restore took ${durationText(measuredMs)} against ${durationText(objective.targetMs)}`;
  return { status, measuredMs, reason, ...(status === 'met' ? {} : { nextAction: verify(facts) }) };
}

function assessProofAge(objective: Objective, facts: SystemFacts, nowMs: number): Finding {
  const doubt = doubtOfFacts(facts, nowMs, objective.targetMs) ?? doubtOfProof(facts, nowMs);
  if (doubt !== undefined) return doubt;
  const measuredMs = facts.lastProof === undefined ? undefined : age(facts.lastProof.atMs, nowMs);
  if (measuredMs === undefined) return noProof(facts);
  const share = measuredMs / objective.targetMs;
  const status: Status = share > 1 ? 'breached' : share > atRiskShare ? 'at-risk' : 'met';
  const reason = `the last proof by restore is ${durationText(measuredMs)} old against ${durationText(objective.targetMs)}`;
  return { status, measuredMs, reason, ...(status === 'met' ? {} : { nextAction: verify(facts) }) };
}

/** A proof that failed speaks louder than one that succeeded before it. */
function doubtOfProof(facts: SystemFacts, nowMs: number): Finding | undefined {
  const failedAtMs = facts.lastProofFailureAtMs;
  if (failedAtMs !== undefined && failedAtMs >= (facts.lastProof?.atMs ?? 0)) {
    return {
      status: 'breached',
      reason: 'the last restore for proof showed wrong data',
      nextAction: healOrVerify(facts),
    };
  }
  if (facts.factsAtMs === undefined) return noFacts();
  if (facts.lastProof !== undefined && age(facts.lastProof.atMs, nowMs) === undefined) {
    return futureTime('the last proof', facts);
  }
  return undefined;
}

function noProof(facts: SystemFacts): Finding {
  return { status: 'unknown', reason: whyNoProof(facts), nextAction: healOrVerify(facts) };
}

function whyNoProof({ damagedVault, outdatedProofAtMs }: SystemFacts): string {
  if (damagedVault !== undefined)
    return `damage was found in the vault ${damagedVault}, and no sound point was proven by a restore`;
  return outdatedProofAtMs === undefined
    ? 'no recovery point was ever proven by a restore'
    : 'the system has changed in the plan since its last proof';
}

function doubtOfFacts(facts: SystemFacts, nowMs: number, ageMsMax: number): Finding | undefined {
  if (facts.factsAtMs === undefined) return noFacts();
  const factsAgeMs = age(facts.factsAtMs, nowMs);
  if (factsAgeMs === undefined) return futureTime('what is known', facts);
  if (factsAgeMs <= ageMsMax) return undefined;
  return {
    status: 'unknown',
    reason: `what is known is ${durationText(factsAgeMs)} old, older than the objective`,
    nextAction: 'lifeboat status --refresh',
  };
}

function noFacts(): Finding {
  return {
    status: 'unknown',
    reason: 'the vault was not read',
    nextAction: 'lifeboat status --refresh',
  };
}

function futureTime(what: string, facts: SystemFacts): Finding {
  return {
    status: 'unknown',
    reason: `${what} lies in the future: a clock was set back or is wrong`,
    nextAction: backup(facts),
  };
}

/** `undefined` for a time in the future. */
function age(atMs: number, nowMs: number): number | undefined {
  const ageMs = nowMs - atMs;
  return ageMs < -clockSkewToleratedMs || Number.isNaN(ageMs) ? undefined : Math.max(0, ageMs);
}

function ratioOf(measuredMs: number, targetMs: number): number {
  if (targetMs > 0) return measuredMs / targetMs;
  return measuredMs === 0 ? 0 : Number.POSITIVE_INFINITY;
}

function backup(facts: SystemFacts): string {
  return `lifeboat backup ${facts.system}`;
}

function verify(facts: SystemFacts): string {
  return `lifeboat verify ${facts.system}`;
}

/** While a vault is damaged, another proof may only find that again. */
function healOrVerify(facts: SystemFacts): string {
  const { damagedVault } = facts;
  return damagedVault === undefined ? verify(facts) : `lifeboat repair heal --vault ${damagedVault}`;
}

/** `RPO breached`, `proof unknown`: for tables and sentences. */
export function assessmentTitle(assessment: Assessment): string {
  const status = assessment.status === 'at-risk' ? 'at risk' : assessment.status;
  return `${objectiveName(assessment.objective.kind)} ${status}`;
}
