/** For commands that only think about a plan: what is right of it is enough, and what is wrong is said. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { Plan } from '../plan/plan-schema.ts';
import type { ResolvedPlan } from '../plan/resolved-plan.ts';
import { type LoadedPlan, loadPlan } from './load-plan.ts';
import type { Output } from './output.ts';
import { plural } from './quantity-text.ts';

export interface DraftPlan extends LoadedPlan {
  readonly plan: Plan;
  readonly resolved: ResolvedPlan;
  /** Errors and placeholders: what they are about is left out of the plan. */
  readonly errors: number;
}

/** Raises PLAN_INVALID when nothing of the file can be understood, and what `loadPlan` raises. Warns of what is left out. */
export async function loadDraft(
  output: Output,
  option: string | undefined,
  folder: string,
  profile: string | undefined,
): Promise<DraftPlan> {
  const loaded = await loadPlan(option, folder, profile);
  const { parsed, path } = loaded;
  const faults = parsed.findings.filter(({ severity }) => severity === 'error');
  const [first] = faults;
  if (parsed.draft === undefined) {
    const place = first === undefined ? '' : `, the first on line ${first.line}: ${first.message}`;
    throw new LifeboatError('PLAN_INVALID', `nothing of the plan ${path} can be understood${place}`, {
      hint: 'Run `lifeboat lint` to see what is wrong, with its places.',
    });
  }
  if (faults.length > 0)
    output.warn(
      `${path} has ${plural(faults.length, 'error or placeholder', 'errors and placeholders')}; what they are about is left out`,
    );
  const { resolvePlan } = await import('../plan/resolve-plan.ts');
  const { plan } = parsed.draft;
  return { ...loaded, plan, resolved: resolvePlan(plan), errors: faults.length };
}
