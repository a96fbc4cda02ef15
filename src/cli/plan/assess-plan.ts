/** Holds every system of a plan against its objectives, from what is known of its vaults. */
import { baseFactsAgeMsMax } from '../../objective/assess.ts';
import { assessCopyLag, type CopyLagFacts, copyLagMs, lagText } from '../../objective/copy-lag.ts';
import { type Assessment, objectivesOf } from '../../objective/objective.ts';
import { type PlanVerdict, planVerdict } from '../../objective/plan-verdict.ts';
import {
  assessSystem,
  compareWorstFirst,
  type SystemAssessment,
  withConcern,
} from '../../objective/system-assessment.ts';
import { systemFacts } from '../../objective/system-facts.ts';
import { type CopyRoute, copyRoute, isOnRoute } from '../../plan/copy-route.ts';
import type { ResolvedPlan, ResolvedSystem } from '../../plan/resolved-plan.ts';
import { shippedLog } from '../../plan/shipped-log.ts';
import { systemHash } from '../../plan/system-hash.ts';
import { newestProven } from '../../recovery-point/choose-point.ts';
import { standingDamage } from '../../recovery-point/known-damage.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import { nextDue, nextLate } from '../../schedule/due-times.ts';
import type { Schedule } from '../../schedule/schedule.ts';
import { copyLagsOf } from './copy-lags.ts';
import { damagedLog } from './damaged-log.ts';
import { logFacts, logFactsRequest } from './log-facts.ts';
import type { LogStatuses } from './log-statuses.ts';
import { type VaultHistory, wrongWith } from './plan-history.ts';

export interface PlanAssessment {
  readonly verdict: PlanVerdict;
  /** Worst first. */
  readonly systems: readonly AssessedSystem[];
}

export interface AssessedSystem extends SystemAssessment {
  /** How far each vault is behind the others; empty where there is only one. */
  readonly copies: readonly CopyLagFacts[];
  readonly newestProven?: RecoveryPoint;
  /** By its log, on top of a point that was read back. */
  readonly recoverableUntilMs?: number;
  /** The next due time of its schedules after now. */
  readonly nextRunMs?: number;
  /** When what is said here was read from a vault; absent when nothing is known. */
  readonly factsAtMs?: number;
}

export function assessPlan(
  plan: ResolvedPlan,
  histories: readonly VaultHistory[],
  nowMs: number,
  logs: LogStatuses,
): PlanAssessment {
  const systems = plan.systems
    .filter(({ source }) => source !== undefined)
    .map((system) => assessOne(plan, system, histories, nowMs, logs))
    .sort(compareWorstFirst);
  return { verdict: planVerdict(systems), systems };
}

function assessOne(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  histories: readonly VaultHistory[],
  nowMs: number,
  logs: LogStatuses,
): AssessedSystem {
  const route = copyRoute(plan, system);
  const own = histories.filter(({ vault }) => isOnRoute(route, vault));
  const factsAtMs = newestReading(own);
  const points = own
    .filter((history) => isFresh(history, factsAtMs, system))
    .flatMap((history) => history.points);
  const damaged = own.find(({ records }) => standingDamage(records, nowMs).some(({ isBeside }) => !isBeside));
  const known = { statuses: logs, damaged: damagedLog(own, system.name) };
  const request = logFactsRequest(system, points, known, nowMs);
  const log = request && logFacts(request);
  const facts = systemFacts({
    system: system.name,
    systemHash: systemHash(system),
    points,
    nextDueAfter: (afterMs) => earliest(system, (schedule) => nextLate(schedule, afterMs)),
    ...(factsAtMs === undefined ? {} : { factsAtMs }),
    ...(damaged === undefined ? {} : { damagedVault: damaged.vault }),
    ...(log === undefined ? {} : { log }),
  });
  const proven = newestProven(
    points.filter((point) => point.system === system.name),
    'approved',
  );
  const nextRunMs = earliest(system, (schedule) => nextDue(schedule, nowMs));
  const lags = copyLagsOf(plan, system, own, nowMs);
  const assessed = assessSystem(
    objectivesOf(system.objectives),
    facts,
    nowMs,
    assessLags(route, lags, nowMs),
  );
  const concern =
    concernOf(system.name, own) ?? log?.trouble?.reason ?? lagConcern(system, route, lags, nowMs);
  return {
    ...withConcern(assessed, concern),
    ...(log?.trouble !== undefined && concern === log.trouble.reason
      ? { concernAction: log.trouble.nextAction }
      : {}),
    ...(log?.untilMs === undefined ? {} : { recoverableUntilMs: log.untilMs }),
    copies: lags,
    ...(proven === undefined ? {} : { newestProven: proven }),
    ...(nextRunMs === undefined ? {} : { nextRunMs }),
    ...(factsAtMs === undefined ? {} : { factsAtMs }),
  };
}

/** What no objective measures, and what must not wait until one is breached. */
function concernOf(system: string, histories: readonly VaultHistory[]): string | undefined {
  const away = histories.find(({ trouble }) => trouble !== undefined);
  if (away?.trouble !== undefined)
    return `its vault ${away.vault} cannot be counted on: ${away.trouble.message}`;
  // the points count all the same, as long as this machine has what it needs to read them
  const [damaged] = histories.flatMap((history) => wrongWith(history) ?? []);
  if (damaged !== undefined) return damaged.message;
  // captured once, into whichever vault takes the point, and by several machines, each in a chain of its own
  const last = histories
    .flatMap(({ vault, records }) => records.map((record) => ({ vault, record })))
    .filter(({ record }) => record.type === 'backup' && record.system === system)
    .toSorted((a, b) => a.record.startMs - b.record.startMs)
    .at(-1);
  if (last?.record.verdict !== 'fail') return undefined;
  return `its last backup into ${last.vault} failed: ${last.record.error?.message ?? 'no reason is known'}`;
}

function assessLags(route: CopyRoute, lags: readonly CopyLagFacts[], nowMs: number): readonly Assessment[] {
  return lags.flatMap((lag) => {
    const within = route.vaults.find(({ name }) => name === lag.vault)?.copyWithinMs;
    return within === undefined ? [] : [assessCopyLag(lag, within, nowMs)];
  });
}

/** Where the plan says nothing of copies, one that is missing for longer than the RPO is no secret all the same. */
function lagConcern(
  { objectives }: ResolvedSystem,
  route: CopyRoute,
  lags: readonly CopyLagFacts[],
  nowMs: number,
): string | undefined {
  const toleratedMs = objectives.rpo?.valueMs ?? objectives.proofAge.valueMs;
  const late = lags.find(
    (lag) =>
      route.vaults.find(({ name }) => name === lag.vault)?.copyWithinMs === undefined &&
      copyLagMs(lag, nowMs) > toleratedMs,
  );
  return late === undefined ? undefined : lagText(late, nowMs);
}

function newestReading(histories: readonly VaultHistory[]): number | undefined {
  const times = histories
    .filter(({ trouble }) => trouble === undefined)
    .flatMap(({ readAtMs }) => (readAtMs === undefined ? [] : [readAtMs]));
  return times.length === 0 ? undefined : Math.max(...times);
}

/** What was read from one vault long before another may be gone from it by now, and does not count. */
function isFresh(history: VaultHistory, factsAtMs: number | undefined, system: ResolvedSystem): boolean {
  if (history.trouble !== undefined || history.readAtMs === undefined || factsAtMs === undefined)
    return false;
  const toleratedMs = system.objectives.rpo?.valueMs ?? system.objectives.proofAge.valueMs;
  const isLogged = shippedLog(system) !== undefined;
  return factsAtMs - history.readAtMs <= (isLogged ? Math.max(toleratedMs, baseFactsAgeMsMax) : toleratedMs);
}

function earliest(
  { schedules }: ResolvedSystem,
  timeOf: (schedule: Schedule) => number | undefined,
): number | undefined {
  const times = schedules.map(timeOf).filter((ms) => ms !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}
