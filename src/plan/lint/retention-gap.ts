import { formatDuration } from '../duration.ts';
import type { ResolvedSystem, Retention } from '../resolved-plan.ts';
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
    plan.systems.flatMap((system) =>
      system.retention === undefined ? [] : hitsOf(system, system.retention),
    ),
};

function hitsOf(system: ResolvedSystem, retention: Retention): readonly LintHit[] {
  const { withinMs, atMostMs: _atMost, archive: _archive, ...counts } = retention;
  const at = systemPlace(system.name, 'retention');
  if (Object.values(counts).some((count) => count > 0)) return [];
  if (withinMs === undefined) {
    return [
      {
        at,
        message: `no recovery point of ${system.name} is kept`,
        suggestion: 'write for example "daily: 7"',
      },
    ];
  }
  const gaps = system.schedules.map(scheduleGapMs).filter((gap) => gap !== undefined);
  const gapMs = gaps.length === 0 ? undefined : Math.min(...gaps);
  if (gapMs === undefined || withinMs >= gapMs) return [];
  const message =
    `points of ${system.name} are kept for ${formatDuration(withinMs)}, but up to ${formatDuration(gapMs)} pass between two runs: ` +
    `for ${formatDuration(gapMs - withinMs)} there is none`;
  return [
    {
      at: [...at, 'within'],
      message,
      suggestion: `keep them for longer than ${formatDuration(gapMs)}, or add "last: 1"`,
    },
  ];
}
