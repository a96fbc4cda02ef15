/** The way from the top of a plan to one of its values: keys of maps and indexes of lists. */
export type PlanPath = readonly (string | number)[];

/** Writes a path for people and for `--json`: `systems.orders-db.checks[0].expect`. */
export function formatPlanPath(path: PlanPath): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}

/** Whether `path` is `top` or lies below it. */
export function isWithin(path: PlanPath, top: PlanPath): boolean {
  return top.every((part, index) => String(path[index]) === String(part));
}

/** The value at a path of plain data, or nothing. */
export function valueAt(root: unknown, path: PlanPath): unknown {
  let value: unknown = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}
