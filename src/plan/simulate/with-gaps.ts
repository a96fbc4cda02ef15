/** A forecast of a plan with placeholders: what a gap touches is unknown, however good the rest of the plan is. */
import { type Status, worstStatus } from '../../objective/objective.ts';
import { formatPlanPath, type PlanPath } from '../plan-path.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import type { Blocker, Simulation, SystemForecast, Verdict } from './simulation.ts';

/** A value that nobody has written down yet. */
export interface PlanGap {
  readonly at: PlanPath;
  /** Who owes the value, in words. */
  readonly owes: string;
}

/** The same forecast without gaps. With them: no verdict that one touches is better than unknown, and all are named. */
export function withGaps(simulation: Simulation, plan: ResolvedPlan, gaps: readonly PlanGap[]): Simulation {
  if (gaps.length === 0) return simulation;
  const waiting = dependents(plan);
  const touching = gaps.map((gap) => ({ gap, reach: reachOf(plan, simulation.scenario, gap.at, waiting) }));
  const systems = simulation.systems.map((forecast) => {
    const gap = touching.find(({ reach }) => reach === 'all' || reach.has(forecast.system))?.gap;
    return gap === undefined ? forecast : withGap(forecast, gap);
  });
  const forecast = new Set(systems.map(({ system }) => system));
  const isTouching = ({ reach }: Touching): boolean =>
    reach === 'all' || [...reach].some((name) => forecast.has(name) || !isIn(plan, name));
  const statuses = systems.flatMap(({ status }) => status ?? []);
  const isTouched = touching.some(isTouching);
  return {
    ...simulation,
    systems,
    status: worstStatus([simulation.status, ...statuses, ...(isTouched ? (['unknown'] as const) : [])]),
    blockers: [
      ...gapBlockers(touching.filter(isTouching), 'blocks'),
      ...simulation.blockers,
      ...gapBlockers(
        touching.filter((each) => !isTouching(each)),
        'doubt',
      ),
    ],
  };
}

/** Systems whose forecast rests on the gap; those that wait for one of them as well. */
type Reach = 'all' | ReadonlySet<string>;

interface Touching {
  readonly gap: PlanGap;
  readonly reach: Reach;
}

/** Blocks from which no time and no loss is worked out. */
const blocksAside: ReadonlySet<string> = new Set([
  'budget',
  'channels',
  'communication',
  'compliance',
  'contacts',
  'drills',
  'insurance',
  'metadata',
  'readiness',
  'records',
  'related_documents',
  'review',
  'teams',
  'training',
  'vendors',
]);

/** Fields that only people read, and proof, which changes no forecast. */
const fieldsAside: ReadonlySet<string> = new Set(['description', 'owner', 'organisation', 'proof', 'title']);

/** What is not known to be harmless touches everything. */
function reachOf(plan: ResolvedPlan, scenario: string, at: PlanPath, waiting: Dependents): Reach {
  const [block, name = '', field] = at.map(String);
  if (block === undefined) return 'all';
  if (blocksAside.has(block) && formatPlanPath(at) !== 'metadata.time_zone') return none;
  if (fieldsAside.has(field ?? '') || fieldsAside.has(String(at.at(-1)))) return none;
  switch (block) {
    case 'systems':
      return waiting([name]);
    case 'tiers':
      return waiting(namesOf(plan, ({ tier }) => tier === name));
    case 'data_classes':
      return waiting(namesOf(plan, ({ dataClasses }) => dataClasses.includes(name)));
    case 'scenarios':
      return name === scenario ? 'all' : none;
    default:
      return 'all';
  }
}

const none: ReadonlySet<string> = new Set();

function namesOf(
  plan: ResolvedPlan,
  isMeant: (system: ResolvedPlan['systems'][number]) => boolean,
): readonly string[] {
  return plan.systems.filter(isMeant).map(({ name }) => name);
}

/** A system that could not stay in the plan for its gaps is missing from every forecast. */
function isIn(plan: ResolvedPlan, name: string): boolean {
  return plan.systems.some((system) => system.name === name);
}

type Dependents = (names: readonly string[]) => ReadonlySet<string>;

/** The systems themselves and all that wait for one of them. */
function dependents(plan: ResolvedPlan): Dependents {
  const waiting = new Map<string, string[]>();
  for (const { name, dependsOn } of plan.systems)
    for (const needed of dependsOn) waiting.set(needed, [...(waiting.get(needed) ?? []), name]);
  return (names) => {
    const reached = new Set(names);
    for (const name of reached) for (const next of waiting.get(name) ?? []) reached.add(next);
    return reached;
  };
}

function withGap(forecast: SystemForecast, gap: PlanGap): SystemForecast {
  if (forecast.verdicts.length === 0) return forecast;
  const verdicts = forecast.verdicts.map((verdict) => doubted(verdict, gap));
  return {
    ...forecast,
    verdicts,
    status: worstStatus([forecast.status ?? 'unknown', ...verdicts.map(({ status }) => status)]),
  };
}

const better: readonly Status[] = ['met', 'at-risk'];

function doubted(verdict: Verdict, { at, owes }: PlanGap): Verdict {
  if (!better.includes(verdict.status)) return verdict;
  const reason = `${formatPlanPath(at)} is still a placeholder, which ${owes} owes; without it: ${verdict.reason}`;
  return { ...verdict, status: 'unknown', reason };
}

const namedMax = 6;

/** One for all that the same person owes. */
function gapBlockers(gaps: readonly Touching[], severity: Blocker['severity']): readonly Blocker[] {
  const owed = new Map<string, string[]>();
  for (const { gap } of gaps) owed.set(gap.owes, [...(owed.get(gap.owes) ?? []), formatPlanPath(gap.at)]);
  return [...owed].map(([owes, about]) => {
    const more = about.length > namedMax ? ` and ${about.length - namedMax} more` : '';
    const named = `${about.slice(0, namedMax).join(', ')}${more}`;
    const message =
      severity === 'blocks'
        ? `what is forecast rests on placeholders: ${named}`
        : `placeholders beside what is forecast: ${named}`;
    return { severity, kind: 'placeholder', about, message, hint: `Owed by ${owes}.` };
  });
}
