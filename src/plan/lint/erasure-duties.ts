import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { factOf } from './plan-facts.ts';

/** Something that demands that data can be erased. */
export interface ErasureDuty {
  readonly at: PlanPath;
  readonly words: string;
}

/** Controls of frameworks that are shown by an answer to erasure. */
export function erasureControls(plan: ResolvedPlan): readonly ErasureDuty[] {
  return Object.entries(plan.compliance?.frameworks ?? {}).flatMap(([framework, { name, controls }]) =>
    Object.entries(controls)
      .filter(([, { shown_by: shownBy }]) => shownBy.includes('erasure'))
      .map(([control]) => ({
        at: ['compliance', 'frameworks', framework, 'controls', control],
        words: `${name ?? framework} (${control})`,
      })),
  );
}

/**
 * Why the data of a system may have to be erased. Where no data class is marked as personal, a framework that demands
 * erasure means every system with data.
 */
export function erasureDutyOf(plan: ResolvedPlan, system: ResolvedSystem): ErasureDuty | undefined {
  if (system.source === undefined) return undefined;
  const personal = system.dataClasses.find((name) => factOf(plan.dataClasses, name)?.personal === true);
  if (personal !== undefined)
    return { at: ['data_classes', personal], words: `the personal data of ${personal}` };
  return marksPersonalData(plan) ? undefined : firstControl(plan);
}

function marksPersonalData(plan: ResolvedPlan): boolean {
  return Object.values(plan.dataClasses).some(({ personal }) => personal !== undefined);
}

const controls = new WeakMap<ResolvedPlan, ErasureDuty | 'none'>();

function firstControl(plan: ResolvedPlan): ErasureDuty | undefined {
  const known = controls.get(plan) ?? erasureControls(plan)[0] ?? 'none';
  controls.set(plan, known);
  return known === 'none' ? undefined : known;
}
