import type { Severity, UnplacedFinding } from '../finding.ts';
import type { Plan } from '../plan-schema.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import type { PlanFacts } from './plan-facts.ts';

/** One rule of the linter: a pure function with its explanation. */
export interface LintRule {
  /** Stable, in kebab-case. */
  readonly id: string;
  /** The short number by which `lint --explain` knows it as well, such as `T2`. */
  readonly number?: string;
  /** Further numbers that it answers to, where one rule finds what people tell apart. */
  readonly also?: readonly string[];
  readonly severity: Severity;
  /** A few words. */
  readonly title: string;
  /** Two sentences: what is wrong, and why it matters. */
  readonly explanation: string;
  /** What to change. */
  readonly fix: string;
  /** `written` is the plan as the file has it, without what is inherited. */
  check(plan: ResolvedPlan, facts: PlanFacts, written: Plan): readonly LintHit[];
}

/**
 * What a rule reports; id and severity come from the rule unless the hit is milder or worse. Its `edits` are for
 * `lint --fix`: they never relax an objective, never lose data and never hold a secret.
 */
export interface LintHit extends Omit<UnplacedFinding, 'id' | 'severity'> {
  readonly severity?: Severity;
}
