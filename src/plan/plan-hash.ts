import { createHash } from 'node:crypto';
import { parseSchedule } from '../schedule/parse-schedule.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { canonicalJson } from './canonical-json.ts';
import { planSchema } from './plan-schema.ts';
import type { Objective, ResolvedBackup, ResolvedPlan, ResolvedSystem } from './resolved-plan.ts';
import type { Quantity } from './schema/field-facts.ts';
import { objectivesSchema } from './schema/system-schema.ts';
import { meaningOf, type Schema } from './schema-walk.ts';

/**
 * `v1:` and the SHA-256 of the canonical JSON of what a plan means. Order of keys, comments, layout, equivalent
 * words for a duration or a schedule, a usual value that is written out, the order of lists that are sets, and the
 * place an objective was inherited from do not change it.
 */
export function planHash(plan: ResolvedPlan): string {
  return hashOf(planMeaning(plan));
}

/** The canonical form: what the hash is made of. */
export function planMeaning(plan: ResolvedPlan): Readonly<Record<string, unknown>> {
  const zone = plan.metadata.timeZone;
  return {
    ...blocksOf(plan, zone),
    version: plan.version,
    metadata: withoutEmpty({ ...plan.metadata }),
    vaults: byName(
      plan.vaults.map((vault) => {
        const { store: _store, declared, ...own } = vault;
        return withoutEmpty({ ...own, declared: sorted(planSchema.shape.vaults.valueType, declared, zone) });
      }),
    ),
    systems: byName(plan.systems.map((system) => systemMeaning(system, zone))),
    ...(plan.onFailure === undefined ? {} : { onFailure: plan.onFailure }),
    ...(plan.deadManUrl === undefined ? {} : { deadManUrl: plan.deadManUrl }),
  };
}

export function hashOf(value: unknown): string {
  return `v1:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
}

/** Blocks whose shape is that of the file, by their name in the file. */
function blocksOf(plan: ResolvedPlan, zone: string): Readonly<Record<string, unknown>> {
  const { recoveryNeeds, relatedDocuments, tiers, dataClasses, ...rest } = plan;
  const { version, metadata, vaults, systems, onFailure, deadManUrl, ...blocks } = rest;
  const inherited = { tiers: ownOf(tiers), data_classes: ownOf(dataClasses) };
  const named = {
    ...blocks,
    ...inherited,
    recovery_needs: recoveryNeeds,
    related_documents: relatedDocuments,
  };
  const shape: Readonly<Record<string, Schema>> = planSchema.shape;
  return withoutEmpty(
    Object.fromEntries(
      Object.entries(named).flatMap(([key, value]) => {
        const schema = shape[key];
        return schema === undefined || value === undefined ? [] : [[key, sorted(schema, value, zone)]];
      }),
    ),
  );
}

/** What tiers and data classes say beside what systems inherit of them, which counts there. */
function ownOf(
  classes: ResolvedPlan['tiers'] | ResolvedPlan['dataClasses'],
): Readonly<Record<string, unknown>> {
  const own = Object.entries(classes).map(([name, each]) => {
    const kept = Object.entries(each).filter(([key]) => !inheritedKeys.has(key));
    return [name, Object.fromEntries(kept)] as const;
  });
  return withoutEmpty(Object.fromEntries(own.map(([name, each]) => [name, withoutEmpty(each)])));
}

const inheritedKeys: ReadonlySet<string> = new Set([...Object.keys(objectivesSchema.shape), 'critical']);

function sorted(schema: Schema, value: unknown, zone: string): unknown {
  return meaningOf(schema, value, {
    textOf: canonicalJson,
    quantityOf: (quantity, inner) => quantityMeaning(quantity, inner, zone),
  });
}

/** What can be written in several ways counts as what it means. */
function quantityMeaning(quantity: Quantity, value: unknown, zone: string): unknown {
  if (quantity === 'cadence') return { ...objectOf(value), text: undefined };
  if (quantity !== 'schedule') return value;
  const texts = typeof value === 'string' ? [value] : Array.isArray(value) ? value.map(String) : [];
  return asSet(
    texts.map((text) => {
      const result = parseSchedule(text, zone);
      return result.ok ? scheduleMeaning(result.schedule) : text;
    }),
  );
}

function systemMeaning(system: ResolvedSystem, zone: string): Named & Readonly<Record<string, unknown>> {
  const { logs, replication, proof, estimates, content, service, dns, cdn, release, needs, ...own } = system;
  const { highAvailability, backups, runbook, site, objectives, ...rest } = own;
  const running = {
    logs,
    replication,
    proof,
    estimates,
    content,
    service,
    dns,
    cdn,
    release,
    needs,
    runbook,
    site,
  };
  const written = { ...running, high_availability: highAvailability };
  return {
    ...rest,
    objectives: Object.fromEntries(
      Object.entries(objectives).map(([key, objective]: [string, Objective | undefined]) => [
        key,
        objective?.valueMs,
      ]),
    ),
    schedules: asSet(system.schedules.map(scheduleMeaning)),
    ...withoutEmpty({ backups: backupsMeaning(backups, zone) }),
    dependsOn: asSet(system.dependsOn),
    dataClasses: asSet(system.dataClasses),
    vaults: asSet(system.vaults),
    ...withoutEmpty(sortedSystem(written, zone)),
  };
}

function sortedSystem(
  written: Readonly<Record<string, unknown>>,
  zone: string,
): Readonly<Record<string, unknown>> {
  const result = sorted(planSchema.shape.systems.valueType, written, zone);
  return typeof result === 'object' && result !== null ? { ...result } : {};
}

/** A plain schedule adds nothing to `schedules`. */
function backupsMeaning(backups: readonly ResolvedBackup[], zone: string): Readonly<Record<string, unknown>> {
  const schema = planSchema.shape.systems.valueType.shape.backups;
  const lines = backups.filter((backup) => backup.path.at(-2) !== undefined && backup.path.length > 3);
  return Object.fromEntries(
    lines.map(({ name, schedules, path: _path, ...rest }) => [
      name,
      {
        ...objectOf(objectOf(sorted(schema, { [name]: rest }, zone))[name]),
        schedules: asSet(schedules.map(scheduleMeaning)),
      },
    ]),
  );
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** What is absent and what is there and empty mean the same. */
function withoutEmpty<Value extends object>(value: Value): Value {
  const kept = Object.entries(value).filter(([, inner]) => !isEmpty(inner));
  return Object.fromEntries(kept) as Value;
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  );
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
