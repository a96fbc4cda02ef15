/** What a field means, what it holds, and whether that was written or is the usual value. */
import * as z from 'zod';
import type { PlanPath } from '../plan-path.ts';
import { valueAt } from '../plan-path.ts';
import { planSchema } from '../plan-schema.ts';
import type { FieldUse } from '../schema/field-facts.ts';
import { childrenOf, type Schema, schemaAt, unwrap } from '../schema-walk.ts';

export interface FieldExplanation {
  readonly path: PlanPath;
  /** As the file would have it; absent when neither the plan nor a usual value says anything. */
  readonly value?: unknown;
  readonly from: 'written' | 'usual' | 'absent';
  readonly description?: string;
  readonly examples: readonly unknown[];
  readonly use: FieldUse;
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
  const { description, examples } = z.globalRegistry.get(found.schema) ?? {};
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

/** The use of the nearest field at or around the path that says one. */
function useAt(path: PlanPath, value: unknown): FieldUse {
  for (let length = path.length; length > 0; length -= 1) {
    const use = schemaAt(planSchema, path.slice(0, length), value)?.facts.use;
    if (use !== undefined) return use;
  }
  return 'executed';
}
