/** What the forecast counts on by the plan alone, because this version does not do it yet. */
import { isCapturedSource } from '../resolve-source.ts';
import type { ResolvedPlan } from '../resolved-plan.ts';
import { shippedLog } from '../shipped-log.ts';
import type { Chosen } from './choose-way.ts';
import type { Disaster } from './disaster.ts';
import type { Blocker } from './simulation.ts';

/** A plan may be whole and its forecast green while nothing of it is captured: that must be said beside it. */
export function notCarriedOut(
  { plan, affected }: Disaster,
  chosen: ReadonlyMap<string, Chosen>,
): readonly Blocker[] {
  const restored = affected.flatMap((system) => {
    const way = chosen.get(system.name)?.way;
    return way?.kind === 'restore' ? [{ system, name: system.name, source: system.source, way }] : [];
  });
  const uncaptured = restored.filter(({ source }) => source !== undefined && !isCapturedSource(source));
  const logged = restored.filter(({ system, way }) => way.usesLogs && shippedLog(system) === undefined);
  const closed = closedVaults(plan, new Set(restored.map(({ way }) => way.vault)));
  return [
    ...doubt(
      uncaptured.map(({ name }) => name),
      'this version does not capture sources of this kind yet, so the points that are counted exist only if something else takes them',
    ),
    ...doubt(
      logged.map(({ name }) => name),
      'the log that is counted is not kept by this version yet',
    ),
    ...doubt(closed, 'this version opens only vaults in folders, S3 and Azure yet'),
  ];
}

function closedVaults(plan: ResolvedPlan, used: ReadonlySet<string>): readonly string[] {
  return plan.vaults.filter(({ name, store }) => used.has(name) && store === 'other').map(({ name }) => name);
}

const namedMax = 5;

function doubt(about: readonly string[], words: string): readonly Blocker[] {
  if (about.length === 0) return [];
  const more = about.length > namedMax ? ` and ${about.length - namedMax} more` : '';
  const message = `${about.slice(0, namedMax).join(', ')}${more}: ${words}`;
  const hint = 'Do it by other means until a later version does.';
  return [{ severity: 'doubt', kind: 'not-executed', about, message, hint }];
}
