import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { PhasesPlan, ResolvedPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { deadlinesOf, isAscending, type PhaseBudget, phaseBudgets, sumOf } from './phase-deadlines.ts';
import { factOf } from './plan-facts.ts';
import { struckBy } from './struck.ts';

export const phaseBudgetsRule: LintRule = {
  id: 'phase-budgets',
  number: 'T9',
  severity: 'error',
  title: 'the budgets of the phases do not fit the RTO',
  explanation:
    'Budgets of phases are either deadlines since the disaster or durations that add up, and one set of numbers promises ' +
    'very different things by these readings. Where the reading is not said, or the numbers do not end within the RTO, ' +
    'everybody can keep to their budget and service is back too late.',
  fix: 'Say "count: deadlines" or "count: durations", and let the last deadline or the sum stay within the RTO.',
  check: (plan) => [...scenarioHits(plan), ...failoverHits(plan)],
};

interface Limit {
  readonly valueMs: number;
  readonly at: PlanPath;
  readonly words: string;
}

function scenarioHits(plan: ResolvedPlan): readonly LintHit[] {
  return Object.entries(plan.scenarios).flatMap(([name, { phases }]) =>
    phases === undefined ? [] : hitsOf(['scenarios', name, 'phases'], phases, scenarioLimit(plan, name)),
  );
}

function failoverHits(plan: ResolvedPlan): readonly LintHit[] {
  return Object.entries(plan.failovers).flatMap(([name, { phases, systems }]) => {
    if (phases === undefined) return [];
    const at: PlanPath = ['failovers', name, 'phases'];
    const users = Object.entries(plan.scenarios).filter(([, { failover }]) => failover === name);
    const limits = users.flatMap(([scenario]) => scenarioLimit(plan, scenario) ?? []);
    const limit = shortest(limits) ?? systemLimit(plan, new Set(systems ?? []));
    return [
      ...hitsOf(at, phases, limit),
      ...users.flatMap(([scenario]) => contradictions(plan, at, phases, scenario)),
    ];
  });
}

function scenarioLimit(plan: ResolvedPlan, name: string): Limit | undefined {
  const scenario = factOf(plan.scenarios, name);
  if (scenario === undefined) return undefined;
  const rto = scenario.objectives?.rto;
  if (rto === undefined) return systemLimit(plan, struckBy(plan, scenario).systems);
  return {
    valueMs: rto,
    at: ['scenarios', name, 'objectives', 'rto'],
    words: `the RTO of the scenario ${name}`,
  };
}

/** The strictest of these systems. */
function systemLimit(plan: ResolvedPlan, names: ReadonlySet<string>): Limit | undefined {
  return shortest(
    plan.systems.flatMap(({ name, objectives: { rto } }) =>
      names.has(name) && rto !== undefined
        ? [{ valueMs: rto.valueMs, at: rto.from.path, words: `the RTO of ${name}` }]
        : [],
    ),
  );
}

function shortest(limits: readonly Limit[]): Limit | undefined {
  return limits.reduce<Limit | undefined>(
    (best, each) => (best === undefined || each.valueMs < best.valueMs ? each : best),
    undefined,
  );
}

function hitsOf(at: PlanPath, phases: PhasesPlan, limit: Limit | undefined): readonly LintHit[] {
  const budgets = phaseBudgets(phases);
  if (budgets.length === 0) return [];
  const related =
    limit === undefined ? {} : { relatedAt: { at: limit.at, message: `${limit.words} stands here` } };
  if (phases.count === undefined)
    return budgets.length < 2 ? [] : [{ ...unsaidHit(at, budgets, limit), ...related }];
  if (phases.count === 'durations') {
    const { totalMs, words } = sumOf(budgets);
    if (limit === undefined || totalMs <= limit.valueMs) return [];
    return [{ at, message: `${words} > ${limit.words} of ${formatDuration(limit.valueMs)}`, ...related }];
  }
  return [...descents(at, budgets), ...overruns(at, budgets, limit).map((hit) => ({ ...hit, ...related }))];
}

/** What the numbers mean is for people to say, so that this is never corrected without them. */
function unsaidHit(at: PlanPath, budgets: readonly PhaseBudget[], limit: Limit | undefined): LintHit {
  const { totalMs, words } = sumOf(budgets);
  const last = budgets.at(-1);
  const lastMs = last?.valueMs ?? 0;
  const canBeDeadlines = isAscending(budgets) && (limit === undefined || lastMs <= limit.valueMs);
  const isDisputed = limit === undefined || totalMs > limit.valueMs || lastMs > limit.valueMs;
  const against =
    limit === undefined
      ? ''
      : ` ${totalMs > limit.valueMs ? '>' : '≤'} ${limit.words} of ${formatDuration(limit.valueMs)}`;
  return {
    at,
    severity: isDisputed ? 'error' : 'warning',
    message:
      'nobody knows whether these are deadlines or durations: ' +
      `as durations ${words}${against}; as deadlines the last is ${formatDuration(lastMs)}` +
      `${isAscending(budgets) ? '' : ', but they do not ascend'}`,
    suggestion: canBeDeadlines ? 'add "count: deadlines"' : 'add "count: deadlines" or "count: durations"',
  };
}

function descents(at: PlanPath, budgets: readonly PhaseBudget[]): readonly LintHit[] {
  return budgets.flatMap((budget, index) => {
    const before = budgets[index - 1];
    if (before === undefined || before.valueMs <= budget.valueMs) return [];
    return [
      {
        at: [...at, budget.phase],
        message:
          `as deadlines ${budget.phase} ends after ${formatDuration(budget.valueMs)}, before ${before.phase} ` +
          `after ${formatDuration(before.valueMs)}`,
        suggestion: 'let deadlines ascend, or say "count: durations"',
        relatedAt: { at: [...at, before.phase], message: 'the phase before it' },
      },
    ];
  });
}

function overruns(
  at: PlanPath,
  budgets: readonly PhaseBudget[],
  limit: Limit | undefined,
): readonly LintHit[] {
  const last = budgets.at(-1);
  if (limit === undefined || last === undefined || last.valueMs <= limit.valueMs) return [];
  const message =
    `the last deadline, ${last.phase} after ${formatDuration(last.valueMs)}, is ` +
    `${formatDuration(last.valueMs - limit.valueMs)} later than ${limit.words} of ${formatDuration(limit.valueMs)}`;
  return [{ at: [...at, last.phase], message }];
}

/** A phase of the failover that ends later than the scenario that uses it allows. */
function contradictions(
  plan: ResolvedPlan,
  at: PlanPath,
  phases: PhasesPlan,
  scenario: string,
): readonly LintHit[] {
  const demanded = factOf(plan.scenarios, scenario)?.phases;
  const own = deadlinesOf(phases);
  const limits = demanded === undefined ? undefined : deadlinesOf(demanded);
  if (own === undefined || limits === undefined) return [];
  const late = own.find(({ phase, valueMs }) =>
    limits.some((each) => each.phase === phase && each.valueMs < valueMs),
  );
  const limit = limits.find(({ phase }) => phase === late?.phase);
  if (late === undefined || limit === undefined) return [];
  return [
    {
      at: [...at, late.phase],
      message:
        `this failover ends ${late.phase} ${formatDuration(late.valueMs)} after the disaster, the scenario ${scenario} ` +
        `that uses it demands ${formatDuration(limit.valueMs)}`,
      suggestion: 'keep the phases in one place, or make both agree',
      relatedAt: {
        at: ['scenarios', scenario, 'phases', late.phase],
        message: 'the scenario demands it here',
      },
    },
  ];
}
