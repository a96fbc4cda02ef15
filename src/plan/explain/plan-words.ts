import type { PlanPath } from '../plan-path.ts';

/** What a person types for a place in the plan: `orders-db.rpo`, `systems.orders-db.checks[0]`. Nothing for what is no path. */
export function parsePlanPath(words: string): PlanPath | undefined {
  const path: (string | number)[] = [];
  let rest = words.trim();
  while (rest !== '') {
    const match = /^(?:\.?([A-Za-z0-9_-]+)|\[(\d{1,6})\])/.exec(rest);
    if (match === null || (path.length === 0 && rest.startsWith('.'))) return undefined;
    path.push(match[1] ?? Number(match[2]));
    rest = rest.slice(match[0].length);
  }
  return path.length === 0 ? undefined : path;
}
