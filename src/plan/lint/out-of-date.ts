import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import { daysBetween, isOver, startOfDay } from './days.ts';
import type { LintHit, LintRule } from './lint-rule.ts';

export const outOfDate: LintRule = {
  id: 'out-of-date',
  number: 'A7',
  severity: 'warning',
  title: 'a review, a training or an insurance has run out',
  explanation:
    'The plan says how often it is reviewed, how often people are trained and until when an insurance pays, and the day has ' +
    'passed. What was true then is not known to be true now.',
  fix: 'Do it and write the new day down, or change how often it is promised.',
  check: (plan, { nowMs }) =>
    nowMs === undefined
      ? []
      : [...reviewHits(plan, nowMs), ...trainingHits(plan, nowMs), ...insuranceHits(plan, nowMs)],
};

const dayMs = 86_400_000;

interface Repeated {
  readonly at: PlanPath;
  readonly words: string;
  readonly last: string | undefined;
  readonly every: { readonly text: string; readonly intervalMs: number };
}

/** Something of today counts for the whole day. */
function overdueHits({ at, words, last, every }: Repeated, nowMs: number): readonly LintHit[] {
  if (last === undefined) return [];
  const lateMs = nowMs - startOfDay(last) - every.intervalMs;
  if (lateMs <= dayMs) return [];
  const message =
    `${words} ${daysBetween(startOfDay(last), nowMs)} days ago, but is promised ${every.text}, every ` +
    `${formatDuration(every.intervalMs)} at most: ${daysBetween(0, lateMs)} days late`;
  return [{ at, message }];
}

function reviewHits({ review }: ResolvedPlan, nowMs: number): readonly LintHit[] {
  if (review === undefined) return [];
  const at: PlanPath = ['review', 'last'];
  return overdueHits({ at, words: 'the last review was', last: review.last, every: review.every }, nowMs);
}

function trainingHits({ training }: ResolvedPlan, nowMs: number): readonly LintHit[] {
  return Object.entries(training).flatMap(([name, { last, every }]) =>
    overdueHits({ at: ['training', name, 'last'], words: `${name} was last held`, last, every }, nowMs),
  );
}

const noticeDays = 30;

function insuranceHits({ insurance }: ResolvedPlan, nowMs: number): readonly LintHit[] {
  return Object.entries(insurance).flatMap(([name, { valid_until: until }]): readonly LintHit[] => {
    const at: PlanPath = ['insurance', name, 'valid_until'];
    if (isOver(until, nowMs)) {
      const days = daysBetween(startOfDay(until), nowMs);
      return [
        {
          at,
          message: `${name} ended ${days} day${days === 1 ? '' : 's'} ago, on ${until}`,
          suggestion: 'renew it, or take it out',
        },
      ];
    }
    const left = daysBetween(nowMs, startOfDay(until) + dayMs);
    return left > noticeDays
      ? []
      : [{ at, severity: 'info', message: `${name} ends in ${left} days, on ${until}` }];
  });
}
