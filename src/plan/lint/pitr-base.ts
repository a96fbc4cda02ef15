import { formatDuration } from '../duration.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { type Dump, dumpOf } from './dump-tool.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import type { PlanFacts } from './plan-facts.ts';
import { reliedOn } from './relied-lines.ts';
import { systemLoss } from './system-loss.ts';
import { systemPlace } from './system-place.ts';

export const pitrBase: LintRule = {
  id: 'pitr-base',
  number: 'T22',
  severity: 'error',
  title: 'a dump cannot be the base of point-in-time recovery',
  explanation:
    'The log of PostgreSQL describes changes of files and can only be applied to a physical copy, never to what a dump ' +
    'puts back. With dumps alone the log is kept for nothing, and only the moments of the dumps can be reached.',
  fix: 'Take physical copies ("method: physical", pg_basebackup), beside the dumps if these are wanted too.',
  check: (plan, facts) => plan.systems.flatMap((system) => hitsOf(plan, system, facts)),
};

function hitsOf(plan: ResolvedPlan, system: ResolvedSystem, facts: PlanFacts): readonly LintHit[] {
  if (system.logs === undefined) return [];
  const dump = onlyDump(system);
  if (dump === undefined) return [];
  const without = systemLoss(plan, reliedOn(system).relied, facts).withoutLogs;
  const { rpo } = system.objectives;
  const isOutOfReach = rpo !== undefined && (without === undefined || without.totalMs > rpo.valueMs);
  const really = without === undefined ? '' : `; without it: ${without.arithmetic}`;
  const reach = isOutOfReach ? `, more than the RPO of ${formatDuration(rpo.valueMs)}` : '';
  return [
    {
      at: dump.at,
      message: `the log of ${system.name} cannot be applied to what ${dump.words} gives${really}${really === '' ? '' : reach}`,
      suggestion: 'take physical copies: "method: physical"',
      relatedAt: { at: systemPlace(system.name, 'logs'), message: 'the log stands here' },
    },
  ];
}

/** The dump, when nothing but dumps is taken of a PostgreSQL. */
function onlyDump(system: ResolvedSystem): Dump | undefined {
  const lines = system.backups.length === 0 ? [undefined] : system.backups;
  const dumps = lines.map((line) => dumpOf(system, line));
  const [first] = dumps;
  return dumps.every((dump) => dump?.engine === 'postgres') ? first : undefined;
}
