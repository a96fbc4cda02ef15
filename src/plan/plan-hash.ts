import { createHash } from 'node:crypto';
import type { Schedule } from '../schedule/schedule.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Objective, ResolvedPlan, ResolvedSystem } from './resolved-plan.ts';

/**
 * `v1:` and the SHA-256 of the canonical JSON of what a plan means. Order of keys, comments, layout, equivalent
 * words for a duration or a schedule, and the place an objective was inherited from do not change it.
 */
export function planHash(plan: ResolvedPlan): string {
  return hashOf({
    ...plan,
    vaults: byName(plan.vaults),
    systems: byName(plan.systems.map(meaningOf)),
  });
}

export function hashOf(value: unknown): string {
  return `v1:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
}

function meaningOf(system: ResolvedSystem): Named & Readonly<Record<string, unknown>> {
  const { rpo, rto, proofAge } = system.objectives;
  return {
    ...system,
    objectives: { rpo: objectiveMs(rpo), rto: objectiveMs(rto), proofAge: objectiveMs(proofAge) },
    schedules: asSet(system.schedules.map(scheduleMeaning)),
    dependsOn: asSet(system.dependsOn),
    dataClasses: asSet(system.dataClasses),
    vaults: asSet(system.vaults),
  };
}

function objectiveMs(objective: Objective | undefined): number | undefined {
  return objective?.valueMs;
}

/** A schedule without the words that it was written in. */
function scheduleMeaning(schedule: Schedule): unknown {
  const { text: _text, ...meaning } = schedule;
  return meaning;
}

/** Sorted and without doubles, for lists whose order means nothing. */
function asSet(values: readonly unknown[]): readonly string[] {
  return [...new Set(values.map(canonicalJson))].toSorted();
}

interface Named {
  readonly name: string;
}

function byName(entries: readonly Named[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(entries.map((entry) => [entry.name, entry]));
}
