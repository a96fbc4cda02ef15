/** What a scenario would do to a plan: what is lost, when each system is back, and what that rests on. Pure. */
import { type Status, worstStatus } from '../../objective/objective.ts';
import { factOf, type PlanFacts } from '../lint/plan-facts.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { findBlockers } from './blockers.ts';
import { type Chosen, chooseWay } from './choose-way.ts';
import { type Disaster, disasterOf } from './disaster.ts';
import { judge, overall } from './judge.ts';
import { peopleNeeded } from './people-needed.ts';
import { type Recovery, recoveryTasks } from './recovery-tasks.ts';
import { runbookChoice } from './runbook-choice.ts';
import { servicesNeeded } from './services-needed.ts';
import type { Back, Blocker, CriticalPath, Simulation, SystemForecast, TimelineTask } from './simulation.ts';

/** When it strikes. */
export interface StrikeMoment {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * Near-linear in the size of the plan. Without `at` it strikes at the worst moment; with it, what is lost is counted from
 * the newest point that the schedules had completed by then. `undefined` when the plan has no such scenario. All durations
 * and times are milliseconds; times count from the disaster.
 */
export function simulate(
  plan: ResolvedPlan,
  scenarioName: string,
  facts: PlanFacts,
  at?: StrikeMoment,
): Simulation | undefined {
  const scenario = factOf(plan.scenarios, scenarioName);
  if (scenario === undefined) return undefined;
  const disaster = disasterOf(plan, scenarioName, scenario, facts, at?.nowMs);
  const chosen = new Map(
    disaster.affected.map(
      (system) => [system.name, chooseWay(disaster, system, runbookChoice(disaster, system))] as const,
    ),
  );
  const recovery = recoveryTasks(disaster, chosen);
  const { last, isKnown } = lastBack(disaster, recovery);
  const path = last === undefined ? [] : recovery.net.pathTo(recovery.backOf.get(last.name) ?? -1);
  const critical = new Set(path);
  const timelines = timelinesOf(recovery, critical);
  const systems = disaster.affected.map((system) =>
    forecastOf(disaster, system, chosen, recovery, timelines, critical),
  );
  const affected = new Set(systems.map(({ system }) => system));
  const blockers = findBlockers(disaster, chosen, recovery, systems);
  return {
    scenario: scenarioName,
    kind: scenario.kind,
    ...(scenario.description === undefined ? {} : { description: scenario.description }),
    ...(at === undefined ? {} : { atMs: at.nowMs }),
    status: statusOf(systems, blockers),
    struckSites: [...disaster.strike.sites],
    struckVaults: [...disaster.strike.vaults].map(([name, why]) => ({ name, why })),
    shared: timelines.get(undefined) ?? [],
    systems: systems.toSorted((a, b) => backRank(a.back) - backRank(b.back)),
    unaffected: plan.systems.map(({ name }) => name).filter((name) => !affected.has(name)),
    criticalPath: criticalPath(recovery, path, last?.name, isKnown),
    blockers,
    people: peopleNeeded(disaster, recovery.runbooks),
    services: servicesNeeded(disaster, chosen, recovery.runbooks),
  };
}

/** Whatever is promised: while something blocks, nobody knows that it ends well. */
function statusOf(systems: readonly SystemForecast[], blockers: readonly Blocker[]): Status {
  const isBlocked = blockers.some(({ severity }) => severity === 'blocks');
  return worstStatus([
    ...systems.flatMap(({ status }) => status ?? []),
    ...(isBlocked ? (['unknown'] as const) : []),
  ]);
}

/** The struck or waiting system that is back last; among those of which nobody knows, the one of which most is known. */
function lastBack(
  { affected }: Disaster,
  { net, backOf }: Recovery,
): { readonly last?: ResolvedSystem; readonly isKnown: boolean } {
  let last: ResolvedSystem | undefined;
  let lastMs = -1;
  let isKnown = true;
  for (const system of affected) {
    const end = net.endOf(backOf.get(system.name) ?? -1);
    if (end === undefined || end.unknown !== undefined) isKnown = false;
    if (end === undefined || end.endMs <= lastMs) continue;
    last = system;
    lastMs = end.endMs;
  }
  return { isKnown, ...(last === undefined ? {} : { last }) };
}

/** By system, `undefined` for what several share; in the order in which they begin. */
function timelinesOf(
  { net }: Recovery,
  critical: ReadonlySet<number>,
): ReadonlyMap<string | undefined, readonly TimelineTask[]> {
  const timelines = new Map<string | undefined, TimelineTask[]>();
  for (const [index, { system }] of net.tasks.entries()) {
    const task = net.timelineOf(index, critical);
    if (task === undefined) continue;
    const timeline = timelines.get(system) ?? [];
    timeline.push(task);
    timelines.set(system, timeline);
  }
  for (const timeline of timelines.values())
    timeline.sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
  return timelines;
}

function forecastOf(
  { scenario, strike }: Disaster,
  system: ResolvedSystem,
  chosen: ReadonlyMap<string, Chosen>,
  { net, backOf }: Recovery,
  timelines: ReadonlyMap<string | undefined, readonly TimelineTask[]>,
  critical: ReadonlySet<number>,
): SystemForecast {
  const { name, tier } = system;
  const { way, loss } = chosen.get(name) ?? {
    way: { kind: 'wait' as const },
    loss: { kind: 'none' as const, why: '' },
  };
  const task = backOf.get(name) ?? -1;
  const end = net.endOf(task);
  const back: Back =
    end === undefined
      ? { kind: 'never', why: 'its recovery waits for itself' }
      : end.unknown === undefined
        ? { kind: 'known', atMs: end.endMs, origin: end.origin }
        : end.unknown.isNever
          ? { kind: 'never', why: end.unknown.says }
          : { kind: 'unknown', atLeastMs: end.endMs, why: end.unknown.says };
  const verdicts = judge(system, scenario, loss, back);
  const status = overall(verdicts, loss, back);
  return {
    system: name,
    ...(tier === undefined ? {} : { tier }),
    state: strike.systems.has(name) ? 'struck' : 'waits',
    way,
    loss,
    back,
    tasks: timelines.get(name) ?? [],
    verdicts,
    ...(status === undefined ? {} : { status }),
    isOnCriticalPath: critical.has(task) || (timelines.get(name) ?? []).some(({ isCritical }) => isCritical),
  };
}

function backRank(back: Back): number {
  switch (back.kind) {
    case 'known':
      return back.atMs;
    case 'unknown':
      // A known time is at most a hundred years for each of a thousand tasks.
      return unknownRank + back.atLeastMs;
    default:
      return Number.MAX_SAFE_INTEGER;
  }
}

const unknownRank = 4e15;

function criticalPath(
  { net, backOf }: Recovery,
  path: readonly number[],
  system: string | undefined,
  isKnown: boolean,
): CriticalPath {
  const end = system === undefined ? undefined : net.endOf(backOf.get(system) ?? -1);
  // What takes no time decides nothing; what takes an unknown time does.
  const steps = path
    .filter((task) => net.tasks[task]?.kind !== 'mark')
    .map((task) => net.stepOf(task))
    .filter(({ durationMs }) => durationMs !== 0);
  return { ...(system === undefined ? {} : { system }), totalMs: end?.endMs ?? 0, isKnown, steps };
}
