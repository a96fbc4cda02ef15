import { isTimed } from '../../schedule/schedule.ts';
import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import { keptCount, resolveRetention } from '../resolve-retention.ts';
import type { Objective, ResolvedBackup, ResolvedPlan, ResolvedSystem, Retention } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { schedulesGapMs } from './schedule-gap.ts';
import { objectivePlace, systemPlace } from './system-place.ts';

export const retentionFloor: LintRule = {
  id: 'retention-floor',
  severity: 'error',
  title: 'points are removed sooner than the plan promises to keep them',
  explanation:
    'The objective says how far back it must be possible to return, and by the retention every point of that age has been ' +
    'removed. Damage or a question that comes up late finds nothing.',
  fix: 'Keep points for longer, or shorten keep_at_least if its owner agrees.',
  check: (plan) =>
    plan.systems.flatMap((system) => {
      const { keepAtLeast } = system.objectives;
      return keepAtLeast === undefined || system.source === undefined
        ? []
        : hitsOf(plan, system, keepAtLeast);
    }),
};

/** How far back one retention reaches, and which of its rules does. */
interface Reach {
  readonly valueMs: number;
  readonly words: string;
  readonly at: PlanPath;
}

function hitsOf(plan: ResolvedPlan, system: ResolvedSystem, floor: Objective): readonly LintHit[] {
  const reaches = reachesOf(plan, system);
  const furthest = reaches?.toSorted((left, right) => right.valueMs - left.valueMs)[0];
  if (furthest === undefined || furthest.valueMs >= floor.valueMs) return [];
  const message =
    `points of ${system.name} are kept for ${formatDuration(furthest.valueMs)} (${furthest.words}), ` +
    `${formatDuration(floor.valueMs - furthest.valueMs)} less than the ${formatDuration(floor.valueMs)} that it must be possible to return`;
  const days = Math.ceil(floor.valueMs / dayMs);
  return [
    {
      at: furthest.at,
      message,
      suggestion: `keep for example "within: ${days} days" or "daily: ${days}"`,
      ...objectivePlace(floor, 'keep_at_least'),
    },
  ];
}

/** Of every line in every vault; nothing when one of them keeps everything, or nobody can say. */
function reachesOf(plan: ResolvedPlan, system: ResolvedSystem): readonly Reach[] | undefined {
  const lines = system.backups.length === 0 ? [undefined] : system.backups;
  const all = lines.flatMap((line) => retentionsOf(plan, system, line).map((each) => reachOf(each, line)));
  return all.some((reach) => reach === undefined) ? undefined : all.filter((reach) => reach !== undefined);
}

interface PlacedRetention {
  readonly retention: Retention;
  readonly at: PlanPath;
}

/** The nearest counts: that of the line, of the system, of the vault. */
function retentionsOf(
  plan: ResolvedPlan,
  system: ResolvedSystem,
  line: ResolvedBackup | undefined,
): readonly (PlacedRetention | undefined)[] {
  if (line?.retention !== undefined) {
    const at = systemPlace(system.name, 'backups', line.name, 'retention');
    return [{ retention: resolveRetention(line.retention), at }];
  }
  if (system.retention !== undefined)
    return [{ retention: system.retention, at: systemPlace(system.name, 'retention') }];
  const names = line?.vaults ?? system.vaults;
  return plan.vaults
    .filter(({ name }) => names.includes(name))
    .map(({ name, declared }) =>
      declared.retention === undefined
        ? undefined
        : { retention: resolveRetention(declared.retention), at: ['vaults', name, 'retention'] },
    );
}

const dayMs = 86_400_000;
const yearMs = 365 * dayMs;

/** Each rule of a retention adds to the others, so the furthest one counts; `at_most` ends all of them. */
function reachOf(placed: PlacedRetention | undefined, line: ResolvedBackup | undefined): Reach | undefined {
  if (placed === undefined) return undefined;
  const { retention, at } = placed;
  const gapMs = schedulesGapMs((line?.schedules ?? []).filter(isTimed));
  if (retention.last !== 0 && gapMs === undefined) return undefined;
  const rules: readonly (readonly [valueMs: number, words: string])[] = [
    [retention.withinMs ?? 0, 'within'],
    [retention.last === 0 ? 0 : keptCount(retention.last) * (gapMs ?? 0), `last: ${retention.last}`],
    [(keptCount(retention.hourly) * dayMs) / 24, `hourly: ${retention.hourly}`],
    [keptCount(retention.daily) * dayMs, `daily: ${retention.daily}`],
    [keptCount(retention.weekly) * 7 * dayMs, `weekly: ${retention.weekly}`],
    [(keptCount(retention.monthly) * yearMs) / 12, `monthly: ${retention.monthly}`],
    [keptCount(retention.yearly) * yearMs, `yearly: ${retention.yearly}`],
  ];
  const [keptMs, words] = rules.reduce((best, each) => (each[0] > best[0] ? each : best));
  const archiveMs = archiveReachMs(retention);
  const furthest: readonly [number, string] =
    archiveMs > keptMs ? [archiveMs, 'with the archive'] : [keptMs, words];
  const { atMostMs } = retention;
  const [valueMs, rule] =
    atMostMs !== undefined && atMostMs < furthest[0] ? ([atMostMs, 'at_most'] as const) : furthest;
  return { valueMs: Math.round(valueMs), words: rule, at };
}

function archiveReachMs({ archive }: Retention): number {
  return archive?.keep_for === undefined ? 0 : (archive.after ?? 0) + archive.keep_for;
}
