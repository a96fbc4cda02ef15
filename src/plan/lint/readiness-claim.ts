import { readinessOfItem } from '../readiness.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import { daysBetween, startOfDay } from './days.ts';
import type { LintHit, LintRule } from './lint-rule.ts';

export const readinessClaim: LintRule = {
  id: 'readiness-claim',
  number: 'A10',
  severity: 'warning',
  title: 'the plan is said to be ready, and is not',
  explanation:
    'Whether a plan is ready is computed from what stands in it and not ticked off a list. An item that is not met, or a ' +
    'claim that nothing shows, lets people rely on what is not there.',
  fix: 'Add what the item asks for, or take the claim back.',
  check: (plan, { nowMs }) => [...itemHits(plan, nowMs), ...claimHits(plan, nowMs)],
};

function itemHits(plan: ResolvedPlan, nowMs: number | undefined): readonly LintHit[] {
  const { readiness } = plan;
  const claimed = readiness?.claimed === true;
  return (readiness?.items ?? []).flatMap((item, index): readonly LintHit[] => {
    const result = readinessOfItem(plan, item, nowMs);
    // What depends on dates is left to whoever has a clock.
    if (result.state !== 'not met') return [];
    const words = claimed ? 'the plan claims to be ready, but ' : '';
    return [
      {
        at: ['readiness', 'items', index],
        severity: claimed ? 'error' : 'warning',
        message: `${words}${item} is not met: ${result.reason}`,
        relatedAt: claimed
          ? { at: ['readiness', 'claimed'], message: 'the claim stands here' }
          : { at: result.at, message: 'what decides it' },
      },
    ];
  });
}

function claimHits(plan: ResolvedPlan, nowMs: number | undefined): readonly LintHit[] {
  const claims = plan.metadata.document.claims ?? [];
  return claims.flatMap((claim, index) => {
    const reason = whatIsWrong(plan, claim, nowMs);
    if (reason === undefined) return [];
    return [
      {
        at: ['metadata', 'claims', index],
        message: `"${shortened(claim.says)}" is a claim: ${reason}`,
        suggestion: 'say with shown_by and last_shown what shows it, or leave it out',
      },
    ];
  });
}

type Claim = NonNullable<ResolvedPlan['metadata']['document']['claims']>[number];

const shownDaysMax = 366;

function whatIsWrong(plan: ResolvedPlan, claim: Claim, nowMs: number | undefined): string | undefined {
  const { shown_by: shownBy = [], last_shown: lastShown } = claim;
  if (shownBy.length === 0) return 'nothing in the plan shows it';
  const lacking = shownBy.map((kind) => lacks[kind](plan)).find((words) => words !== undefined);
  if (lacking !== undefined) return lacking;
  if (lastShown === undefined) return 'nothing says when it was last shown';
  const days = nowMs === undefined ? 0 : daysBetween(startOfDay(lastShown), nowMs);
  return days > shownDaysMax ? `it was last shown ${days} days ago` : undefined;
}

const lacks: Readonly<
  Record<NonNullable<Claim['shown_by']>[number], (plan: ResolvedPlan) => string | undefined>
> = {
  drills: (plan) =>
    Object.keys(plan.drills).length > 0 ? undefined : 'drills are to show it, and there is none',
  proofs: (plan) =>
    plan.systems.some(({ source, checks }) => source !== undefined && checks.length > 0)
      ? undefined
      : 'proofs are to show it, and no system has a check',
  audit: (plan) =>
    Object.keys(plan.compliance?.audits ?? {}).length > 0
      ? undefined
      : 'an audit is to show it, and there is none',
  review: (plan) => (plan.review === undefined ? 'a review is to show it, and none is declared' : undefined),
};

const wordsMax = 60;

function shortened(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ').replace(/\.$/, '');
  return line.length > wordsMax ? `${line.slice(0, wordsMax)}…` : line;
}
