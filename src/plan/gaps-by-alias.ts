import { isPlaceholder } from './placeholder.ts';
import type { PlanPath } from './plan-path.ts';

/** What is about the making of the plan, and holds values that may not be in force. */
const aboutComposition: ReadonlySet<string> = new Set(['include', 'variables', 'profiles']);

/**
 * Where a gap stands a second time by an alias of YAML. It is reported where it was written; at these places it is as
 * little a value as there.
 */
export function gapsByAlias(root: unknown, written: readonly PlanPath[]): readonly PlanPath[] {
  // Without a gap nothing can repeat it.
  if (written.length === 0 || typeof root !== 'object' || root === null) return [];
  const known = new Set(written.map((path) => JSON.stringify(path)));
  return Object.entries(root)
    .filter(([key]) => !aboutComposition.has(key))
    .flatMap(([key, value]) => [...gapsIn(value, [key])])
    .filter((path) => !known.has(JSON.stringify(path)));
}

function* gapsIn(value: unknown, path: PlanPath): Generator<PlanPath> {
  if (typeof value === 'string' && isPlaceholder(value)) yield path;
  if (typeof value !== 'object' || value === null) return;
  const isList = Array.isArray(value);
  for (const [key, inner] of Object.entries(value))
    yield* gapsIn(inner, [...path, isList ? Number(key) : key]);
}
