/** One plan, read, checked and resolved: what commands that work under a plan begin with. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { composedText } from '../../plan/compose/composed-text.ts';
import { planHash } from '../../plan/plan-hash.ts';
import type { ResolvedPlan, ResolvedSystem } from '../../plan/resolved-plan.ts';
import { systemHash } from '../../plan/system-hash.ts';
import { loadRunnablePlan } from '../load-plan.ts';

export interface PlanSession {
  readonly plan: ResolvedPlan;
  readonly planHash: string;
  /** Absolute. */
  readonly fileName: string;
  /** What relative paths in the plan count from. */
  readonly folder: string;
  /** What is kept in vaults as the plan that ran; needs no other file. */
  readonly text: string;
  /** Absolute: the plan's file and those it includes. */
  readonly files: readonly string[];
  readonly profile?: string;
}

/** `option` is what `--plan` says, `profile` what `profileOf` gives. Raises what loading a plan that may run raises. */
export async function openPlan(
  option: string | undefined,
  folder: string,
  profile?: string,
): Promise<PlanSession> {
  const loaded = await loadRunnablePlan(option, folder, profile);
  return {
    plan: loaded.resolved,
    planHash: planHash(loaded.resolved),
    fileName: loaded.path,
    folder: loaded.folder,
    text: composedText(loaded.parsed),
    files: loaded.files,
    ...(profile === undefined ? {} : { profile }),
  };
}

export function identityOf(system: ResolvedSystem): { readonly name: string; readonly hash: string } {
  return { name: system.name, hash: systemHash(system) };
}

/** All systems with data, or those named. Raises SYSTEM_NOT_FOUND naming what there is. */
export function chosenSystems(plan: ResolvedPlan, names: readonly string[]): readonly ResolvedSystem[] {
  const withData = plan.systems.filter(({ source }) => source !== undefined);
  if (names.length === 0) return withData;
  return names.map((name) => {
    const system = withData.find((candidate) => candidate.name === name);
    if (system) return system;
    throw new LifeboatError('SYSTEM_NOT_FOUND', `the plan has no system "${name}" with data`, {
      hint: `It has: ${withData.map((candidate) => candidate.name).join(', ')}.`,
    });
  });
}
