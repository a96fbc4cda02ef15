import type { Schedule } from '../../schedule/schedule.ts';
import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedBackup, ResolvedSystem, Retention } from '../resolved-plan.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { scheduleGapMs } from './schedule-gap.ts';
import { systemPlace } from './system-place.ts';

export const retentionGap: LintRule = {
  id: 'retention-gap',
  severity: 'error',
  title: 'the retention keeps nothing, or less than one interval',
  explanation:
    'By these rules the last recovery point is removed before the next one is taken, or none is kept at all. For that time there is nothing to return to.',
  fix: 'Keep points for longer than the interval, or keep a number of them with last, daily or weekly.',
  check: (plan) =>
    plan.systems.flatMap((system) => [
      ...(system.retention === undefined ? [] : hitsOf(keptOfSystem(system, system.retention))),
      ...system.backups.flatMap((line) =>
        line.retention === undefined ? [] : hitsOf(keptOfLine(system, line, line.retention)),
      ),
    ]),
};

interface Kept {
  readonly what: string;
  readonly at: PlanPath;
  readonly isCounted: boolean;
  readonly withinMs: number | undefined;
  readonly schedules: readonly Schedule[];
}

function keptOfSystem({ name, schedules }: ResolvedSystem, retention: Retention): Kept {
  const { withinMs, atMostMs: _atMost, archive: _archive, ...counts } = retention;
  const isCounted = Object.values(counts).some((count) => count !== 0);
  return { what: name, at: systemPlace(name, 'retention'), isCounted, withinMs, schedules };
}

function keptOfLine(
  system: ResolvedSystem,
  { name, schedules }: ResolvedBackup,
  retention: NonNullable<ResolvedBackup['retention']>,
): Kept {
  const { within, at_most: _atMost, archive: _archive, ...counts } = retention;
  const isCounted = Object.values(counts).some((count) => count !== 0);
  const at = systemPlace(system.name, 'backups', name, 'retention');
  return { what: `${name} of ${system.name}`, at, isCounted, withinMs: within, schedules };
}

function hitsOf({ what, at, isCounted, withinMs, schedules }: Kept): readonly LintHit[] {
  if (isCounted) return [];
  if (withinMs === undefined) {
    return [
      {
        at,
        message: `no recovery point of ${what} is kept`,
        suggestion: 'write for example "daily: 7"',
      },
    ];
  }
  const gaps = schedules.map(scheduleGapMs).filter((gap) => gap !== undefined);
  const gapMs = gaps.length === 0 ? undefined : Math.min(...gaps);
  if (gapMs === undefined || withinMs >= gapMs) return [];
  const message =
    `points of ${what} are kept for ${formatDuration(withinMs)}, but up to ${formatDuration(gapMs)} pass between two runs: ` +
    `for ${formatDuration(gapMs - withinMs)} there is none`;
  return [
    {
      at: [...at, 'within'],
      message,
      suggestion: `keep them for longer than ${formatDuration(gapMs)}, or add "last: 1"`,
    },
  ];
}
