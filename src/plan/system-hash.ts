import { hashOf } from './plan-hash.ts';
import type { ResolvedSystem } from './resolved-plan.ts';

/** What a proof is bound to: the system's source and checks. A change elsewhere in the plan does not unprove it. */
export function systemHash(system: ResolvedSystem): string {
  return hashOf({ source: system.source, checks: system.checks });
}
