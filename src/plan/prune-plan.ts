/**
 * Makes a plan of what is right in a file that has errors, so that the rest of it can still be linted.
 * What is wrong is taken out; what must be there is replaced by a stand-in. The result is never run.
 */
import { type PlanPath, valueAt } from './plan-path.ts';
import { type Plan, planSchema } from './plan-schema.ts';

export interface Draft {
  readonly plan: Plan;
  /** What was taken out or replaced. */
  readonly removed: readonly PlanPath[];
}

const roundsMax = 12;

/** A file with more errors than this is not worth linting. */
const removedMax = 2_000;

export function prunePlan(root: unknown, placeholders: readonly PlanPath[]): Draft | undefined {
  let value: unknown = withStandIns(structuredClone(root));
  const removed: PlanPath[] = [...placeholders];
  for (const path of placeholders) if (!isFreeText(path)) takeOut(value, thereAt(value, path));
  for (let round = 0; round < roundsMax; round += 1) {
    value = withStandIns(compacted(value));
    const result = planSchema.safeParse(value);
    if (result.success) return { plan: result.data, removed };
    const wrong = result.error.issues.flatMap(pathsToRemove);
    if (wrong.length + removed.length > removedMax) return undefined;
    removed.push(...wrong);
    // Found before anything is taken out: of two keys that are missing, the second would else take what is further out.
    const targets = wrong.map((path) => thereAt(value, path));
    if (targets.some((path) => path.length === 0)) value = {};
    for (const path of targets) takeOut(value, path);
  }
  return undefined;
}

/** Text that may stay a placeholder, because only people read it. */
function isFreeText(path: PlanPath): boolean {
  return freeTexts.has(String(path.at(-1)));
}

/** Without these what stands around them could not stay in the draft, and nothing more would be said about it. */
const freeTexts: ReadonlySet<string> = new Set([
  'organisation',
  'description',
  'name',
  'title',
  'instructions',
  'says',
  'requires',
  'body',
  'service',
  'topic',
  'insurer',
  'policy',
]);

function pathsToRemove(issue: {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
}): PlanPath[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  return issue.code === 'unrecognized_keys' ? (issue.keys ?? []).map((key) => [...path, key]) : [path];
}

/** The path of the value, or of the nearest thing around it when the value is absent. */
function thereAt(root: unknown, path: PlanPath): PlanPath {
  const last = path.at(-1);
  if (last === undefined) return path;
  const parent = valueAt(root, path.slice(0, -1));
  const isThere = typeof parent === 'object' && parent !== null && Object.hasOwn(parent, last);
  return isThere && Reflect.get(parent, last) !== gap ? path : thereAt(root, path.slice(0, -1));
}

function takeOut(root: unknown, path: PlanPath): void {
  const last = path.at(-1);
  const parent = last === undefined ? undefined : valueAt(root, path.slice(0, -1));
  if (last === undefined || typeof parent !== 'object' || parent === null) return;
  if (Array.isArray(parent)) parent[Number(last)] = gap;
  else Reflect.deleteProperty(parent, last);
}

/** Marks a hole in a list until all paths of a round are done, so that indexes stay true. */
const gap = Symbol('taken out');

function compacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== gap).map(compacted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, compacted(inner)]));
}

const standInId = '00000000-0000-0000-0000-000000000000';

function withStandIns(root: unknown): unknown {
  const top = mapOf(root);
  return {
    ...top,
    version: 1,
    metadata: { id: standInId, name: 'unnamed', owner: "the plan's owner", ...mapOf(top['metadata']) },
    vaults: mapOf(top['vaults']),
    systems: mapOf(top['systems']),
  };
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
