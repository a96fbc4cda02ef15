/**
 * The readiness checklist, computed: nothing on it can be ticked. Pure; items that depend on dates need the time and
 * cannot be known without it.
 */
import type { ReadinessAnswer, ReadinessQuestion } from './readiness-answer.ts';
import { backupItems } from './readiness-backups.ts';
import { peopleItems } from './readiness-people.ts';
import { runItems } from './readiness-runs.ts';
import type { ResolvedPlan } from './resolved-plan.ts';
import type { readinessItems } from './schema/governance-schema.ts';

export type ReadinessItem = (typeof readinessItems)[number];

export interface ReadinessResult extends ReadinessAnswer {
  readonly item: ReadinessItem;
}

const questions: Readonly<Record<ReadinessItem, ReadinessQuestion>> = {
  ...backupItems,
  ...runItems,
  ...peopleItems,
};

/** All fifteen items, in the order of the checklist. `nowMs` counts from 1970. */
export function readinessOf(plan: ResolvedPlan, nowMs?: number): readonly ReadinessResult[] {
  return itemsOf(questions).map((item) => ({ item, ...questions[item](plan, nowMs) }));
}

/** One item. */
export function readinessOfItem(plan: ResolvedPlan, item: ReadinessItem, nowMs?: number): ReadinessResult {
  return { item, ...questions[item](plan, nowMs) };
}

function itemsOf<Key extends string>(record: Readonly<Record<Key, unknown>>): readonly Key[] {
  const keys: Key[] = [];
  for (const key in record) keys.push(key);
  return keys;
}
