import type { PlanEdit } from '../plan-edit.ts';
import type { ResolvedSource } from '../resolved-plan.ts';
import type { LintRule } from './lint-rule.ts';
import { systemPlace } from './system-place.ts';

export const noCheck: LintRule = {
  id: 'no-check',
  number: 'T11',
  severity: 'warning',
  title: 'nothing says when restored data is good',
  explanation:
    'The system has no checks, so a restore can only show that files came back. Whether they hold what people need is found out during the disaster.',
  fix: 'Add checks: integrity, foreign_keys and sql for databases, files for folders, command for anything else.',
  check: (plan) =>
    plan.systems.flatMap(({ name, source, checks }) =>
      source === undefined || checks.length > 0
        ? []
        : [
            {
              at: systemPlace(name, 'checks'),
              message: `${name} has no check, so no recovery point of it can be approved`,
              suggestion: `add "checks: ${suggestedChecks[source.kind]}"`,
              ...checksEdit(name, source.kind),
            },
          ],
    ),
};

/** The checks that need no words of their own. */
function checksEdit(name: string, kind: ResolvedSource['kind']): { readonly edits?: readonly PlanEdit[] } {
  const words = /^\[([a-z_, ]+)\]$/.exec(suggestedChecks[kind])?.[1];
  if (words === undefined) return {};
  return { edits: [{ kind: 'set', at: systemPlace(name, 'checks'), value: words.split(', ') }] };
}

const suggestedChecks: Readonly<Record<ResolvedSource['kind'], string>> = {
  files: '[files]',
  sqlite: '[integrity, foreign_keys]',
  env: '[files]',
  command: '[{ kind: command, run: … }]',
  postgres: '[integrity]',
  mysql: '[tables, { kind: row_counts, tables: [ … ] }]',
  s3: '[{ kind: object_count }]',
  azure: '[{ kind: object_count }]',
  git: '[{ kind: command, run: git fsck }]',
  kubernetes: '[files]',
  terraform: '[files]',
  other: '[{ kind: command, run: … }]',
};
