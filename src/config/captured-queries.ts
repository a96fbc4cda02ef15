import type { ResolvedSystem } from '../plan/resolved-plan.ts';

/** What the checks will compare with the source is asked of the source in the same transaction. */
export function capturedQueries(system: ResolvedSystem): Readonly<Record<string, string>> {
  const compared = system.checks.filter((check) => check.kind === 'sql' && check.expect.kind === 'source');
  return Object.fromEntries(compared.map((check) => [check.name, check.kind === 'sql' ? check.query : '']));
}

/** Tables whose rows are counted at capture: those of the source, and those that checks name. */
export function countedTables<Counts extends readonly string[] | 'all'>(
  { checks }: Pick<ResolvedSystem, 'checks'>,
  counts: Counts,
): Counts | readonly string[] {
  const named = checks.flatMap((check) => (check.kind === 'row_counts' ? check.tables : []));
  return counts === 'all' ? counts : [...new Set([...counts, ...named])];
}
