/** A plan that may have gaps but no other errors, for what can be thought through before every value is known. */
import type { ParsedPlan } from '../plan/parse-plan.ts';
import { isPlaceholder } from '../plan/placeholder.ts';
import { formatPlanPath, valueAt } from '../plan/plan-path.ts';
import type { PlanGap } from '../plan/simulate/with-gaps.ts';
import { type DraftPlan, loadDraft } from './load-draft.ts';
import type { Output } from './output.ts';
import { planFault } from './plan-fault.ts';

export interface UnfinishedPlan extends DraftPlan {
  /** Placeholders; none when the plan may run. */
  readonly gaps: readonly PlanGap[];
}

/** Raises PLAN_INVALID for every error that is not a placeholder, and what `loadDraft` raises. */
export async function loadUnfinished(
  output: Output,
  option: string | undefined,
  folder: string,
  profile: string | undefined,
): Promise<UnfinishedPlan> {
  const draft = await loadDraft(output, option, folder, profile);
  const { parsed, path } = draft;
  const errors = parsed.findings.filter(({ severity }) => severity === 'error');
  const faults = errors.filter(({ id }) => id !== 'placeholder');
  if (faults.length > 0) throw planFault(path, faults);
  return { ...draft, gaps: gapsOf(parsed) };
}

/** Also those that an alias repeats, of which no finding speaks. */
function gapsOf({ composed, draft, findings }: ParsedPlan): readonly PlanGap[] {
  const owes = new Map(findings.map((finding) => [finding.path, finding.owes] as const));
  const places = new Map((draft?.removed ?? []).map((at) => [formatPlanPath(at), at] as const));
  return [...places].flatMap(([place, at]) => {
    const value = valueAt(composed, at);
    if (typeof value !== 'string' || !isPlaceholder(value)) return [];
    return [{ at, owes: owes.get(place) ?? "the plan's owner" }];
  });
}
