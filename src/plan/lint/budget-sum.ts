import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';

export const budgetSum: LintRule = {
  id: 'budget-sum',
  number: 'S1',
  severity: 'warning',
  title: 'the sums of the budget are wrong, or it pays for something else',
  explanation:
    'The total of a month is the sum of its lines, and a year has twelve months. Where these differ, somebody has approved ' +
    'a number that nobody will spend.',
  fix: 'Correct the lines or the totals, or leave the totals out.',
  check: (plan) => [...sumHits(plan), ...purposeNotes(plan)],
};

const monthsOfYear = 12;

function sumHits({ budget }: ResolvedPlan): readonly LintHit[] {
  if (budget === undefined) return [];
  const { monthly, annual, currency } = budget;
  const costs = Object.values(budget.lines).map((line) => line.monthly);
  const sum = costs.reduce((total, cost) => total + cost, 0);
  const lines = `${costs.length > 1 ? `${costs.map(money).join(' + ')} = ` : ''}${money(sum)}`;
  const hits: LintHit[] = [];
  if (monthly !== undefined && differ(monthly, sum)) {
    const message = `the lines make ${lines} ${currency} a month, not ${money(monthly)}: ${money(Math.abs(monthly - sum))} ${monthly > sum ? 'more' : 'less'} than they say`;
    hits.push({
      at: ['budget', 'monthly'],
      message,
      relatedAt: { at: ['budget', 'lines'], message: 'the lines' },
    });
  }
  const base = monthly ?? sum;
  if (annual !== undefined && differ(annual, base * monthsOfYear)) {
    const message = `${monthsOfYear} × ${money(base)} = ${money(base * monthsOfYear)} ${currency} a year, not ${money(annual)}`;
    const from: PlanPath = monthly === undefined ? ['budget', 'lines'] : ['budget', 'monthly'];
    hits.push({ at: ['budget', 'annual'], message, relatedAt: { at: from, message: 'what a month costs' } });
  }
  return hits;
}

/** Cents do not matter, and sums of fractions are never exact. */
function differ(left: number, right: number): boolean {
  return Math.abs(left - right) >= 0.01;
}

function money(value: number): string {
  return String(Math.round(value * 100) / 100);
}

type Purpose = NonNullable<NonNullable<ResolvedPlan['budget']>['lines'][string]['for']>[number];

function purposeNotes(plan: ResolvedPlan): readonly LintHit[] {
  const lines = Object.entries(plan.budget?.lines ?? {});
  const paid = new Set(lines.flatMap(([, line]) => line.for ?? []));
  if (paid.size === 0) return [];
  const there = whatIsThere(plan);
  const idle = lines.flatMap(([name, line]): readonly LintHit[] => {
    const missing = (line.for ?? []).filter((purpose) => there.get(purpose) === false);
    if (missing.length === 0 || missing.length < (line.for ?? []).length) return [];
    const message = `${name} pays for ${missing.join(' and ')}, which the plan has nothing of`;
    return [{ at: ['budget', 'lines', name], severity: 'info', message }];
  });
  const unpaid = (['failover', 'replication', 'monitoring'] as const).filter(
    (purpose) => there.get(purpose) === true && !paid.has(purpose),
  );
  if (unpaid.length === 0) return idle;
  const message = `the plan has ${unpaid.join(' and ')}, and no line of the budget pays for it`;
  return [...idle, { at: ['budget', 'lines'], severity: 'info', message }];
}

/** Absent for what every plan has in some way. */
function whatIsThere(plan: ResolvedPlan): ReadonlyMap<Purpose, boolean> {
  const replicated =
    plan.systems.some(({ replication }) => replication.length > 0) ||
    plan.vaults.some(({ declared }) => declared.replication !== undefined || declared.geo_redundant === true);
  return new Map<Purpose, boolean>([
    ['replication', replicated],
    ['monitoring', Object.keys(plan.probes).length + Object.keys(plan.alerts).length > 0],
    ['failover', Object.keys(plan.failovers).length > 0],
    ['drills', Object.keys(plan.drills).length > 0],
  ]);
}
