/**
 * A plan with nothing left to be known from elsewhere: usual values written out, objectives inherited, includes,
 * profile and variables worked in. It is a plan again, and means the same: its hash is that of the plan it shows.
 */
import { type Plan, planSchema } from '../plan-schema.ts';
import type { Objective, ResolvedObjectives, ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { writtenDuration, writtenValue } from './written-value.ts';

export interface NormalisedPlan {
  /** In the form of the file. */
  readonly data: Readonly<Record<string, unknown>>;
  /** For each inherited objective (`systems.orders-db.objectives.rpo`), where it comes from. */
  readonly origins: ReadonlyMap<string, string>;
}

export function normalisedPlan(plan: Plan, resolved: ResolvedPlan): NormalisedPlan {
  const { include: _include, variables: _variables, profiles: _profiles, ...own } = plan;
  const written = recordOf(writtenValue(planSchema, own));
  const origins = new Map<string, string>();
  const systems = resolved.systems.map((system) => [
    system.name,
    wholeSystem(system, recordOf(recordOf(written['systems'])[system.name]), origins),
  ]);
  const data = {
    ...written,
    systems: Object.fromEntries(systems),
  };
  return { data: inSchemaOrder(data), origins };
}

function wholeSystem(
  system: ResolvedSystem,
  written: Readonly<Record<string, unknown>>,
  origins: Map<string, string>,
): Readonly<Record<string, unknown>> {
  for (const [key, objective] of objectiveKeys(system.objectives)) {
    if (objective.from.kind !== 'system')
      origins.set(`systems.${system.name}.objectives.${key}`, originWords(objective));
  }
  return {
    ...written,
    owner: system.owner,
    objectives: Object.fromEntries(
      objectiveKeys(system.objectives).map(([key, { valueMs }]) => [key, writtenDuration(valueMs)]),
    ),
    ...(system.source === undefined ? {} : { vaults: system.vaults }),
    ...(system.site === undefined ? {} : { site: system.site }),
  };
}

/** `from the tier critical`. */
export function originWords({ from }: Objective): string {
  if (from.kind === 'default') return 'the usual value';
  if (from.kind === 'plan') return "from the plan's objectives";
  return from.kind === 'system' ? 'of its own' : `from the ${from.kind} ${String(from.path[1])}`;
}

export type ObjectiveField = 'rpo' | 'rto' | 'proof_age' | 'drill_age' | 'keep_at_least' | 'keep_at_most';

/** The objectives that are set, by their keys in the file. */
export function objectiveKeys(
  objectives: ResolvedObjectives,
): readonly (readonly [ObjectiveField, Objective])[] {
  const { rpo, rto, proofAge, drillAge, keepAtLeast, keepAtMost } = objectives;
  const all: readonly (readonly [ObjectiveField, Objective | undefined])[] = [
    ['rpo', rpo],
    ['rto', rto],
    ['proof_age', proofAge],
    ['drill_age', drillAge],
    ['keep_at_least', keepAtLeast],
    ['keep_at_most', keepAtMost],
  ];
  return all.flatMap(([key, objective]) => (objective === undefined ? [] : [[key, objective] as const]));
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function inSchemaOrder(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const order = Object.keys(planSchema.shape);
  return Object.fromEntries(
    Object.entries(data).toSorted(([left], [right]) => order.indexOf(left) - order.indexOf(right)),
  );
}
