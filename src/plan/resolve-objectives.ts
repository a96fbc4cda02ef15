import { milliseconds } from './duration.ts';
import type { ObjectivesPlan, Plan, SystemPlan } from './plan-schema.ts';
import type { Objective, ObjectiveOrigin, ResolvedObjectives } from './resolved-plan.ts';

const defaultProofAgeMs = milliseconds(7 * 86_400_000);

type ObjectiveKey = 'rpo' | 'rto' | 'proof_age' | 'drill_age' | 'keep_at_least' | 'keep_at_most';

/** The nearest wins: the system itself, the strictest of its data classes, its tier, the plan. */
export function resolveObjectives(name: string, system: SystemPlan, plan: Plan): ResolvedObjectives {
  const rpo = nearest('rpo', name, system, plan);
  const rto = nearest('rto', name, system, plan);
  const fallback: Objective = { valueMs: defaultProofAgeMs, from: { kind: 'default', path: [] } };
  return {
    ...(rpo === undefined ? {} : { rpo }),
    ...(rto === undefined ? {} : { rto }),
    proofAge: nearest('proof_age', name, system, plan) ?? fallback,
    ...present('drillAge', nearest('drill_age', name, system, plan)),
    ...present('keepAtLeast', nearest('keep_at_least', name, system, plan)),
    ...present('keepAtMost', nearest('keep_at_most', name, system, plan)),
  };
}

function present<Key extends string>(
  key: Key,
  objective: Objective | undefined,
): Partial<Record<Key, Objective>> {
  return objective === undefined ? {} : ({ [key]: objective } as Record<Key, Objective>);
}

function nearest(key: ObjectiveKey, name: string, system: SystemPlan, plan: Plan): Objective | undefined {
  return (
    found(system.objectives, key, { kind: 'system', path: ['systems', name, 'objectives', key] }) ??
    strictestClass(key, system, plan) ??
    found(tierOf(system, plan), key, { kind: 'tier', path: ['tiers', system.tier ?? '', key] }) ??
    found(plan.objectives, key, { kind: 'plan', path: ['objectives', key] })
  );
}

function strictestClass(key: ObjectiveKey, system: SystemPlan, plan: Plan): Objective | undefined {
  const values = (system.data_classes ?? []).flatMap((name) => {
    const classes = plan.data_classes ?? {};
    const values = Object.hasOwn(classes, name) ? classes[name] : undefined;
    return found(values, key, { kind: 'data class', path: ['data_classes', name, key] }) ?? [];
  });
  const sorted = values.toSorted((left, right) => left.valueMs - right.valueMs);
  return key === 'keep_at_least' ? sorted.at(-1) : sorted[0];
}

function found(
  values: ObjectivesPlan | undefined,
  key: ObjectiveKey,
  from: ObjectiveOrigin,
): Objective | undefined {
  const valueMs = values?.[key];
  return valueMs === undefined ? undefined : { valueMs, from };
}

export function tierOf(system: SystemPlan, plan: Plan): NonNullable<Plan['tiers']>[string] | undefined {
  const tiers = plan.tiers ?? {};
  return system.tier !== undefined && Object.hasOwn(tiers, system.tier) ? tiers[system.tier] : undefined;
}
