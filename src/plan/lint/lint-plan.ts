import { type Finding, placeFinding, sortFindings } from '../finding.ts';
import type { ParsedPlan } from '../parse-plan.ts';
import { isWithin, type PlanPath } from '../plan-path.ts';
import { resolvePlan } from '../resolve-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import type { PlanFacts } from './plan-facts.ts';
import { lintRules } from './rules.ts';

/**
 * Everything that is to be said about a plan: what the parser found, and what the rules find in all of it that is
 * right. Pure: the same plan and facts give the same findings. Nothing is said about what was wrong already.
 */
export function lintPlan(parsed: ParsedPlan, facts: PlanFacts): readonly Finding[] {
  const { draft } = parsed;
  if (draft === undefined) return parsed.findings;
  const plan = resolvePlan(draft.plan);
  const found = lintRules.flatMap((rule) =>
    rule
      .check(plan, facts, draft.plan)
      .filter((hit) => !isEcho(hit, draft.removed))
      .map((hit) => withCertainEdits(hit, draft.removed))
      .map((hit) => placeFinding({ id: rule.id, severity: severityOf(rule, hit), ...hit }, parsed.locate)),
  );
  return sortFindings([...parsed.findings, ...found]);
}

function severityOf(rule: LintRule, hit: LintHit): Finding['severity'] {
  return hit.severity ?? rule.severity;
}

/** Whether a hit is about something that was taken out of the draft because of an error that is reported already. */
function isEcho(hit: LintHit, removed: readonly PlanPath[]): boolean {
  const places = [hit.at, ...(hit.relatedAt === undefined ? [] : [hit.relatedAt.at])];
  return places.some((at) =>
    removed.some((path) => path.length > 1 && (isWithin(path, at) || isWithin(at, path))),
  );
}

/** What was taken out of a system or a vault may have been the reason against an edit, so there is none then. */
function withCertainEdits(hit: LintHit, removed: readonly PlanPath[]): LintHit {
  const { edits, ...rest } = hit;
  const isDoubtful = (edits ?? []).some(({ at }) =>
    removed.some(
      (path) => path[0] === 'vaults' || isWithin(path, at.slice(0, 2)) || isWithin(at, path.slice(0, 2)),
    ),
  );
  return isDoubtful ? rest : hit;
}
