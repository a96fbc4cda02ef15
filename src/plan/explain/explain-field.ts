/** What a field means, what it holds, and whether that was written or is the usual value. */
import * as z from 'zod';
import type { PlanPath } from '../plan-path.ts';
import { valueAt } from '../plan-path.ts';
import { planSchema } from '../plan-schema.ts';
import type { FieldUse } from '../schema/field-facts.ts';
import { childrenOf, type Schema, schemaAt, unwrap, walkFields } from '../schema-walk.ts';

export interface FieldExplanation {
  readonly path: PlanPath;
  /** As the file would have it; absent when neither the plan nor a usual value says anything. */
  readonly value?: unknown;
  readonly from: 'written' | 'usual' | 'absent';
  readonly description?: string;
  readonly examples: readonly unknown[];
  /** `partly`: some of what stands below it is not executed yet. */
  readonly use: FieldUse | 'partly';
}

/**
 * `composed` is what the files say, `normalised` the same with the usual values. Nothing when the language has no such
 * field.
 */
export function explainField(
  path: PlanPath,
  composed: unknown,
  normalised: unknown,
): FieldExplanation | undefined {
  const found = schemaAt(planSchema, path, normalised);
  if (found === undefined) return undefined;
  const value = valueAt(normalised, path);
  const isWritten = valueAt(composed, path) !== undefined;
  // what a field says of itself may stand on any of its layers
  const { description, examples } = found.facts as z.core.JSONSchemaMeta;
  return {
    path,
    ...(value === undefined ? {} : { value }),
    from: isWritten ? 'written' : value === undefined ? 'absent' : 'usual',
    ...(typeof description === 'string' ? { description } : {}),
    examples: Array.isArray(examples) ? examples : [],
    use: useAt(path, normalised),
  };
}

/** What can stand below a path: for the message when there is no such field. */
export function fieldsBelow(path: PlanPath, value: unknown): readonly string[] {
  const found = schemaAt(planSchema, path, value);
  if (found === undefined) return [];
  const { bare } = unwrap(found.schema, valueAt(value, path));
  const shape = shapeOf(bare);
  return shape ?? childrenOf(bare, valueAt(value, path)).map(([key]) => String(key));
}

function shapeOf(schema: Schema): readonly string[] | undefined {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : undefined;
}

/** The use of the nearest field at or around the path that says one; else that of what stands, or may stand, below it. */
function useAt(path: PlanPath, value: unknown): FieldExplanation['use'] {
  for (let length = path.length; length > 0; length -= 1) {
    const use = schemaAt(planSchema, path.slice(0, length), value)?.facts.use;
    if (use !== undefined) return use;
  }
  const found = schemaAt(planSchema, path, value);
  return found === undefined ? 'executed' : useBelow(found.schema, path, value);
}

function useBelow(schema: Schema, path: PlanPath, root: unknown): FieldExplanation['use'] {
  const [, ...below] = walkFields(schema, valueAt(root, path));
  if (below.length === 0) return schemaAt(planSchema, [...path, 'any'], root)?.facts.use ?? 'executed';
  const uses = new Set(below.filter((each) => each.path.length === 1).map(({ facts }) => facts.use));
  const [only] = uses;
  if (uses.size === 1 && only !== undefined && only !== 'executed') return only;
  return below.some(({ facts }) => facts.use === 'planned') ? 'partly' : 'executed';
}
