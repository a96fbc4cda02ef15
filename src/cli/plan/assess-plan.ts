/** Holds every system of a plan against its objectives, from what is known of its vaults. */
import { objectivesOf } from '../../objective/objective.ts';
import { type PlanVerdict, planVerdict } from '../../objective/plan-verdict.ts';
import {
  assessSystem,
  compareWorstFirst,
  type SystemAssessment,
  withConcern,
} from '../../objective/system-assessment.ts';
import { systemFacts } from '../../objective/system-facts.ts';
import type { ResolvedPlan, ResolvedSystem } from '../../plan/resolved-plan.ts';
import { systemHash } from '../../plan/system-hash.ts';
import { newestProven } from '../../recovery-point/choose-point.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import { nextDue, nextLate } from '../../schedule/due-times.ts';
import type { Schedule } from '../../schedule/schedule.ts';
import type { VaultHistory } from './plan-history.ts';

export interface PlanAssessment {
  readonly verdict: PlanVerdict;
  /** Worst first. */
  readonly systems: readonly AssessedSystem[];
}

export interface AssessedSystem extends SystemAssessment {
  readonly newestProven?: RecoveryPoint;
  /** The next due time of its schedules after now. */
  readonly nextRunMs?: number;
  /** When what is said here was read from a vault; absent when nothing is known. */
  readonly factsAtMs?: number;
}

export function assessPlan(
  plan: ResolvedPlan,
  histories: readonly VaultHistory[],
  nowMs: number,
): PlanAssessment {
  const systems = plan.systems
    .filter(({ source }) => source !== undefined)
    .map((system) => assessOne(system, histories, nowMs))
    .sort(compareWorstFirst);
  return { verdict: planVerdict(systems), systems };
}

function assessOne(
  system: ResolvedSystem,
  histories: readonly VaultHistory[],
  nowMs: number,
): AssessedSystem {
  const own = histories.filter(({ vault }) => system.vaults.includes(vault));
  const factsAtMs = newestReading(own);
  const points = own
    .filter((history) => isFresh(history, factsAtMs, system))
    .flatMap((history) => history.points);
  const facts = systemFacts({
    system: system.name,
    systemHash: systemHash(system),
    points,
    nextDueAfter: (afterMs) => earliest(system, (schedule) => nextLate(schedule, afterMs)),
    ...(factsAtMs === undefined ? {} : { factsAtMs }),
  });
  const proven = newestProven(
    points.filter((point) => point.system === system.name),
    'approved',
  );
  const nextRunMs = earliest(system, (schedule) => nextDue(schedule, nowMs));
  const assessed = assessSystem(objectivesOf(system.objectives), facts, nowMs);
  return {
    ...withConcern(assessed, concernOf(system.name, own)),
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
  for (const { vault, records } of histories) {
    const backups = records.filter((record) => record.type === 'backup' && record.system === system);
    // several machines may write into one vault, each in a chain of its own
    const last = backups.toSorted((a, b) => a.startMs - b.startMs).at(-1);
    if (last?.verdict === 'fail')
      return `its last backup into ${vault} failed: ${last.error?.message ?? 'no reason is known'}`;
  }
  return undefined;
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
  return factsAtMs - history.readAtMs <= toleratedMs;
}

function earliest(
  { schedules }: ResolvedSystem,
  timeOf: (schedule: Schedule) => number | undefined,
): number | undefined {
  const times = schedules.map(timeOf).filter((ms) => ms !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}
