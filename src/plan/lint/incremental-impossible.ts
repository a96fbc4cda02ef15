import type { ResolvedBackup, ResolvedSystem } from '../resolved-plan.ts';
import { type Dump, dumpOf } from './dump-tool.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { systemPlace } from './system-place.ts';

export const incrementalImpossible: LintRule = {
  id: 'incremental-impossible',
  number: 'T23',
  severity: 'error',
  title: 'a dump has no incremental form',
  explanation:
    'A logical dump always holds the whole database, so there is nothing that such a line could take or put back. ' +
    'The points between two full backups that the plan counts on do not exist.',
  fix: 'Keep the logs of the database ("logs") for the time between full backups, or take physical copies.',
  check: (plan) => plan.systems.flatMap((system) => system.backups.flatMap((line) => hitsOf(system, line))),
};

function hitsOf(system: ResolvedSystem, line: ResolvedBackup): readonly LintHit[] {
  const dump = impossibleDump(system, line);
  if (dump === undefined) return [];
  const instead =
    system.logs === undefined
      ? 'add "logs" for the time between two fulls'
      : 'remove this line: the logs hold the time between two fulls';
  return [
    {
      at: systemPlace(system.name, 'backups', line.name, 'kind'),
      message: `the ${line.kind} line ${line.name} of ${system.name} cannot be taken: ${dump.words} always gives the whole database`,
      suggestion: `${instead}, or take physical copies`,
      relatedAt: { at: dump.at, message: `how it is taken stands here` },
    },
  ];
}

/** Whether a line is to take what changed of something that only ever gives the whole. */
export function isImpossible(system: ResolvedSystem, line: ResolvedBackup): boolean {
  return impossibleDump(system, line) !== undefined;
}

function impossibleDump(system: ResolvedSystem, line: ResolvedBackup): Dump | undefined {
  return line.kind === 'incremental' || line.kind === 'differential' ? dumpOf(system, line) : undefined;
}
