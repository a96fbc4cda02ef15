/** Where an objective of a system comes from, and what else was there to choose from. */
import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import { valueAt } from '../plan-path.ts';
import type { Plan } from '../plan-schema.ts';
import { tierOf } from '../resolve-objectives.ts';
import type { Objective, ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { type ObjectiveField, objectiveKeys } from '../show/normalised-plan.ts';

export interface ObjectiveExplanation {
  readonly system: string;
  readonly field: ObjectiveField;
  readonly objective?: Objective;
  /** From the nearest place to the farthest. */
  readonly candidates: readonly ObjectiveCandidate[];
  /** Scenarios in which another value holds. */
  readonly overrides: readonly ObjectiveOverride[];
}

export interface ObjectiveCandidate {
  /** `the system`, `the tier critical`. */
  readonly place: string;
  readonly path: PlanPath;
  readonly valueMs?: number;
  readonly isChosen: boolean;
}

export interface ObjectiveOverride {
  readonly scenario: string;
  readonly path: PlanPath;
  readonly valueMs: number;
  readonly reason?: string;
}

export const objectiveFields: readonly ObjectiveField[] = [
  'rpo',
  'rto',
  'proof_age',
  'drill_age',
  'keep_at_least',
  'keep_at_most',
];

export function explainObjective(
  plan: Plan,
  resolved: ResolvedPlan,
  system: ResolvedSystem,
  field: ObjectiveField,
): ObjectiveExplanation {
  const objective = objectiveKeys(system.objectives).find(([key]) => key === field)?.[1];
  return {
    system: system.name,
    field,
    ...(objective === undefined ? {} : { objective }),
    candidates: candidatesOf(plan, system, field, objective),
    overrides: overridesOf(resolved, system, field),
  };
}

function candidatesOf(
  plan: Plan,
  system: ResolvedSystem,
  field: ObjectiveField,
  objective: Objective | undefined,
): readonly ObjectiveCandidate[] {
  const written = plan.systems[system.name];
  const hasTier = written !== undefined && tierOf(written, plan) !== undefined;
  const places: readonly (readonly [string, PlanPath])[] = [
    ['the system', ['systems', system.name, 'objectives', field]],
    ...system.dataClasses.map((name) => [`the data class ${name}`, ['data_classes', name, field]] as const),
    ...(hasTier ? [[`the tier ${system.tier}`, ['tiers', system.tier ?? '', field]] as const] : []),
    ['the plan', ['objectives', field]],
  ];
  return places.map(([place, path]) => {
    const valueMs = valueAt(plan, path);
    const isChosen = objective !== undefined && path.join('.') === objective.from.path.join('.');
    return { place, path, isChosen, ...(typeof valueMs === 'number' ? { valueMs } : {}) };
  });
}

function overridesOf(
  { scenarios }: ResolvedPlan,
  system: ResolvedSystem,
  field: ObjectiveField,
): readonly ObjectiveOverride[] {
  if (field !== 'rpo' && field !== 'rto') return [];
  return Object.entries(scenarios).flatMap(([name, { objectives, strikes }]) => {
    const valueMs = objectives?.[field];
    const struck = strikes?.systems === undefined || strikes.systems.includes(system.name);
    if (valueMs === undefined || !struck) return [];
    const reason = objectives?.override;
    const path = ['scenarios', name, 'objectives', field];
    return [{ scenario: name, path, valueMs, ...(reason === undefined ? {} : { reason }) }];
  });
}

/** The words of the objective's name, for people. */
export function objectiveWords(field: ObjectiveField): string {
  return fieldWords[field];
}

const fieldWords: Readonly<Record<ObjectiveField, string>> = {
  rpo: 'RPO',
  rto: 'RTO',
  proof_age: 'age of the proof',
  drill_age: 'age of the drill',
  keep_at_least: 'shortest retention',
  keep_at_most: 'longest retention',
};

export function candidateText({ place, valueMs, isChosen }: ObjectiveCandidate, at: string): string {
  if (valueMs === undefined) return `${place}: says nothing`;
  return `${place}: ${formatDuration(valueMs)} (${at})${isChosen ? ', which counts' : ''}`;
}
