import type { ResolvedSystem } from '../plan/resolved-plan.ts';

/** What the checks will compare with the source is asked of the source in the same transaction. */
export function capturedQueries(system: ResolvedSystem): Readonly<Record<string, string>> {
  const compared = system.checks.filter((check) => check.kind === 'sql' && check.expect.kind === 'source');
  return Object.fromEntries(compared.map((check) => [check.name, check.kind === 'sql' ? check.query : '']));
}
