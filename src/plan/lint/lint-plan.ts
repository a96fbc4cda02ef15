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
      .filter((hit) => !isEcho(rule.id, hit, draft.removed))
      .map((hit) => withCertainEdits(hit, draft.removed))
      .map((hit) => placeFinding({ id: rule.id, severity: severityOf(rule, hit), ...hit }, parsed.locate)),
  );
  return sortFindings([...parsed.findings, ...found]);
}

function severityOf(rule: LintRule, hit: LintHit): Finding['severity'] {
  return hit.severity ?? rule.severity;
}

/** Whether a hit is about something that was taken out of the draft because of an error that is reported already. */
function isEcho(id: string, hit: LintHit, removed: readonly PlanPath[]): boolean {
  const related = hit.relatedAt === undefined ? [] : [hit.relatedAt.at];
  const places = [hit.at, ...related, ...absentPlaces(id, hit.at)];
  return places.some((at) =>
    removed.some((path) => path.length > 1 && (isWithin(path, at) || isWithin(at, path))),
  );
}

/** Where what a rule misses may stand with an error of its own. */
function absentPlaces(id: string, at: PlanPath): readonly PlanPath[] {
  if (id === 'no-objective') return [['objectives'], ['tiers'], ['data_classes']];
  const isUnused = id === 'not-executed' && at[0] === 'systems' && at[2] === 'schedule';
  return isUnused ? [[...at.slice(0, 2), 'source']] : [];
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
