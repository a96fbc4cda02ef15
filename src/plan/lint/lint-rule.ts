import type { Severity, UnplacedFinding } from '../finding.ts';
import type { PlanEdit } from '../plan-edit.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import type { PlanFacts } from './plan-facts.ts';

/** One rule of the linter: a pure function with its explanation. */
export interface LintRule {
  /** Stable, in kebab-case. */
  readonly id: string;
  /** The short number by which `lint --explain` knows it as well, such as `T2`. */
  readonly number?: string;
  readonly severity: Severity;
  /** A few words. */
  readonly title: string;
  /** Two sentences: what is wrong, and why it matters. */
  readonly explanation: string;
  /** What to change. */
  readonly fix: string;
  check(plan: ResolvedPlan, facts: PlanFacts): readonly LintHit[];
}

/** What a rule reports; id and severity come from the rule unless the hit is milder or worse. */
export interface LintHit extends Omit<UnplacedFinding, 'id' | 'severity'> {
  readonly severity?: Severity;
  /**
   * Changes of the plan that end the finding, for `lint --fix`. Only safe ones: they weaken no promise (an objective
   * is never relaxed), lose no data, and hold no secret.
   */
  readonly edits?: readonly PlanEdit[];
}
