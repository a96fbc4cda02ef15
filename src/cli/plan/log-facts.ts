/**
 * From what a receiver last wrote down to what an objective may count on. Pure, and pessimistic: a log counts only where
 * it hangs together back to a point that was read back.
 */

import { reachesBackTo } from '../../log-archive/unbroken.ts';
import type { LaneStatus } from '../../log-shipping/shipping.ts';
import { isFreshStatus, type StoredStatus } from '../../log-shipping/status-file.ts';
import { durationText } from '../../objective/duration-text.ts';
import type { LogFacts } from '../../objective/log-facts.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { shippedLog } from '../../plan/shipped-log.ts';
import { logPlaceOf } from '../../recovery-point/log-place.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import { isProven } from '../../recovery-point/recovery-point.ts';
import { type DamagedLog, leadsThrough } from './damaged-log.ts';
import type { LogStatuses } from './log-statuses.ts';

export interface LogFactsRequest {
  readonly system: string;
  /** What the receiver wrote down; absent: none ever ran on this machine. */
  readonly status: StoredStatus | undefined;
  /** Names of the vaults that the plan sends the log to. */
  readonly vaults: readonly string[];
  /** Commits are to wait, until so many vaults have their log. Absent: they are not. */
  readonly copies?: number;
  /** How far behind each vault may be. */
  readonly maxLagMs: number;
  /** Of the system, in vaults that can be counted on. */
  readonly points: readonly RecoveryPoint[];
  /** What is known to be damaged of its log: no way leads through it. */
  readonly damaged?: readonly DamagedLog[];
  readonly nowMs: number;
}

/** `undefined` for systems without a log that is kept. */
export function logFactsRequest(
  system: ResolvedSystem,
  points: readonly RecoveryPoint[],
  { statuses, damaged }: { readonly statuses: LogStatuses; readonly damaged: readonly DamagedLog[] },
  nowMs: number,
): LogFactsRequest | undefined {
  const shipped = shippedLog(system);
  if (shipped === undefined) return undefined;
  const { logs, vaults } = shipped;
  return {
    ...{ system: system.name, vaults, maxLagMs: logs.max_lag, nowMs, status: statuses.get(system.name) },
    ...(logs.acknowledged === 'before-commit' ? { copies: logs.copies ?? vaults.length } : {}),
    points: points.filter((point) => point.system === system.name),
    damaged,
  };
}

export const clockSkewToleratedMs = 60_000;

export function logFacts(request: LogFactsRequest): LogFacts {
  const { status, nowMs } = request;
  const lanes = countingLanes(request);
  const [best] = lanes.toSorted((a, b) => b.untilMs - a.untilMs);
  const trouble = logTrouble(request, lanes.length);
  return {
    isProtected:
      status !== undefined && isFreshStatus(status, nowMs) && isProtected(request, status, lanes.length),
    ...(best === undefined ? {} : { untilMs: best.untilMs, vault: best.vault }),
    ...(trouble === undefined ? {} : { trouble }),
  };
}

interface CountingLane {
  readonly vault: string;
  readonly untilMs: number;
}

/** Vaults whose log hangs together from a sound point to a moment that is known. */
function countingLanes(request: LogFactsRequest): readonly CountingLane[] {
  const { status, vaults, points, nowMs } = request;
  const sound = soundPoints(points);
  return (status?.vaults ?? []).flatMap((lane) => {
    const { vault, provenUntilMs } = lane;
    if (!vaults.includes(vault) || provenUntilMs === undefined || lane.state === 'broken') return [];
    if (provenUntilMs > nowMs + clockSkewToleratedMs) return [];
    return sound.some((point) => isBelow(point, request, lane)) ? [{ vault, untilMs: provenUntilMs }] : [];
  });
}

/** Whether the log of the vault can be replayed on top of the point. */
function isBelow(
  { position }: RecoveryPoint,
  { status, damaged = [] }: LogFactsRequest,
  { vault, unbroken = [] }: LaneStatus,
): boolean {
  const place = logPlaceOf(position);
  if (place === undefined || place.incarnation !== status?.incarnation) return false;
  const { branch, at, base, hasLog, incarnation } = place;
  const wanted = { branch, at, from: hasLog ? at : base };
  const own = damaged.filter((each) => each.vault === vault && each.incarnation === incarnation);
  return reachesBackTo(unbroken, wanted) && !own.some((each) => leadsThrough(each, unbroken, wanted));
}

/** A commit may have waited for any of them: each choice of so many must hold one that counts. */
function isProtected({ copies, vaults }: LogFactsRequest, status: StoredStatus, counting: number): boolean {
  if (copies === undefined || !status.isProtected || counting === 0) return false;
  // a server that is away returns no commit
  if (status.state === 'stopped' || status.state === 'broken') return false;
  return vaults.length - counting < copies;
}

/** The log comes, and no sound point lies where it hangs together: a new base backup would mend that. */
export function needsBase(request: LogFactsRequest): boolean {
  const { status, vaults, points, nowMs } = request;
  if (status === undefined || !isFreshStatus(status, nowMs)) return false;
  if (isAtRest(status)) return false;
  const counted = status.vaults.filter(
    ({ vault, unbroken = [] }) => vaults.includes(vault) && unbroken.length > 0,
  );
  const sound = soundPoints(points);
  return counted.length > 0 && !counted.some((lane) => sound.some((point) => isBelow(point, request, lane)));
}

function isAtRest({ state }: StoredStatus): boolean {
  return state === 'connecting' || state === 'broken' || state === 'stopped';
}

function soundPoints(points: readonly RecoveryPoint[]): readonly RecoveryPoint[] {
  return points.filter((point) => point.complete && isProven(point, 'checked'));
}

type Trouble = NonNullable<LogFacts['trouble']>;

/** The worst first. */
function logTrouble(request: LogFactsRequest, counting: number): Trouble | undefined {
  const { status, system, nowMs } = request;
  const look = `lifeboat log status ${system}`;
  if (status === undefined)
    return { reason: 'no receiver of its log has run on this machine', nextAction: 'lifeboat up' };
  if (!isFreshStatus(status, nowMs)) return stale(status, nowMs);
  const { state } = status;
  if (state === 'stopped')
    return { reason: 'the receiver of its log was stopped', nextAction: 'lifeboat up' };
  if (state === 'broken') {
    const why = status.problem === undefined ? '' : `: ${status.problem.message}`;
    return { reason: `its log is not taken any more${why}`, nextAction: look };
  }
  if (state === 'connecting')
    return { reason: status.problem?.message ?? 'its log does not come', nextAction: look };
  if (counting === 0)
    return {
      reason: 'no point that was read back can be brought forward with its log',
      nextAction: `lifeboat backup ${system}`,
    };
  if (request.copies !== undefined && !status.isProtected)
    return {
      reason: `commits do not wait for its log${status.problem === undefined ? '' : `: ${status.problem.message}`}`,
      nextAction: look,
    };
  return holdTrouble(status, look) ?? laneTrouble(request, status, look);
}

function stale({ writtenAtMs }: StoredStatus, nowMs: number): Trouble {
  const ageMs = nowMs - writtenAtMs;
  const reason =
    ageMs < 0
      ? 'the receiver of its log wrote in the future: a clock was set back'
      : `the receiver of its log has said nothing for ${durationText(ageMs)}`;
  return { reason, nextAction: 'lifeboat up' };
}

function holdTrouble({ hold, findings }: StoredStatus, nextAction: string): Trouble | undefined {
  if (hold === 'lost' || hold === 'missing')
    return { reason: 'the server does not keep its log for us any more', nextAction };
  if (hold === 'unreserved')
    return { reason: 'the server will delete log that has not left it yet', nextAction };
  const [finding] = findings;
  return finding === undefined ? undefined : { reason: finding.message, nextAction };
}

function laneTrouble(
  { vaults, maxLagMs }: LogFactsRequest,
  status: StoredStatus,
  nextAction: string,
): Trouble | undefined {
  for (const name of vaults) {
    const lane = status.vaults.find(({ vault }) => vault === name);
    const reason =
      lane === undefined ? `its log does not go to ${name}` : laneProblem(lane, maxLagMs, status);
    if (reason !== undefined) return { reason, nextAction };
  }
  return undefined;
}

function laneProblem(
  { vault, state, error, provenUntilMs, unbroken }: LaneStatus,
  maxLagMs: number,
  { writtenAtMs }: StoredStatus,
): string | undefined {
  const why = error === undefined ? '' : `: ${error.message}`;
  if (state === 'away' || state === 'broken') return `the vault ${vault} takes no log${why}`;
  if (provenUntilMs === undefined || unbroken === undefined)
    return `nothing is known yet of the log in ${vault}`;
  const behindMs = writtenAtMs - provenUntilMs;
  return behindMs > maxLagMs ? `the log in ${vault} is ${durationText(behindMs)} behind${why}` : undefined;
}
